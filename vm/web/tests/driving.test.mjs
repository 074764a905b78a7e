// How the VM is driven, ended, and called by what it calls itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { skip, start } from './vm.mjs';

const FOREVER = '[true] whileTrue: [nil]';

test('a VM that is stopped by its own output ends in order', { skip }, async (t) => {
  let texts = 0;
  const osvm = await start(t, {
    stdout: () => {
      texts++;
      osvm.stop();
    },
  });
  const { error } = await osvm.evaluate("1 to: 9 do: [:i | Stdio stdout nextPutAll: 'a line'; lf; flush]. 7");
  assert.equal(error.message, 'the VM was stopped');
  assert.equal(osvm.state.message, 'the VM was stopped');
  assert.ok(texts > 0);
  await assert.rejects(osvm.run(), /the VM was stopped/);
});

test('what the VM calls cannot ask it, but interrupt it', { skip }, async (t) => {
  const refused = [];
  const osvm = await start(t, {
    stdout: () => {
      try {
        osvm.processes();
      } catch (error) {
        refused.push(error.message);
      }
      assert.equal(osvm.step(1).state, osvm.state.state, 'it runs already');
      osvm.interrupt();
    },
  });
  const { error } = await osvm.evaluate(`Stdio stdout nextPutAll: 'a line'; lf; flush. ${FOREVER}`);
  assert.match(error.message, /interrupted/i);
  assert.match(refused[0], /cannot be asked by what it calls itself/);
  assert.equal((await osvm.evaluate('3 + 4')).answer, '7');
  assert.ok(osvm.processes().length > 0);
});

test('what waits for a VM that is stopped is told so', { skip, timeout: 20_000 }, async (t) => {
  const osvm = await start(t);
  const waiting = [osvm.evaluate('3'), osvm.evaluate('4')];
  osvm.stop();
  for (const { error } of await Promise.all(waiting)) assert.deepEqual(error, { kind: 'vm', message: 'the VM was stopped' });
  assert.equal((await osvm.evaluate('5')).error.kind, 'vm');
  osvm.stop();
});

test('a busy VM that is woken often lets other things have their turn', { skip, timeout: 20_000 }, async (t) => {
  const osvm = await start(t);
  await osvm.evaluate('3');
  const busy = osvm.evaluate(FOREVER);
  await pause(50);
  for (let i = 0; i < 200; i++) osvm.input(Uint8Array.of(65));
  const begin = performance.now();
  await pause(1);
  // A turn takes 12 milliseconds; 200 at a time took more than two seconds.
  assert.ok(performance.now() - begin < 500, `${performance.now() - begin} ms`);
  osvm.interrupt();
  assert.match((await busy).error.message, /interrupted/i);
});

test('a file that cannot be made fails the snapshot alone', { skip, timeout: 20_000 }, async (t) => {
  const osvm = await start(t);
  osvm.files.writeFile = () => {
    throw new RangeError('Array buffer allocation failed');
  };
  await assert.rejects(osvm.save(), /the image was not saved: /);
  assert.equal((await osvm.evaluate('3 + 4')).answer, '7');
});
