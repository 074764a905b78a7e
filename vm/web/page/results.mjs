// Answers and errors of what was entered, as elements.

import { element } from './dom.mjs';

const HEADINGS = {
  syntax: 'It does not compile',
  interrupted: 'Interrupted',
  terminated: 'Its process was ended',
  'timed out': 'It took too long',
  quit: 'The image has quit',
};

/** @param {import('../js/osvm.d.ts').Result} result */
export function shown(result) {
  const { answer, error } = result;
  if (error === undefined) return part('answer', element('pre', { class: 'answer' }, away('Answer: '), ends(answer)));
  return part('failure', element('p', { class: 'what' }, away('Error: '), heading(error)), ...details(result));
}

function heading({ kind, message, class: name }) {
  if (kind === 'failed' || kind === 'vm' || kind === 'unsupported') {
    return name && !message.startsWith(name) ? `${name}: ${ends(message)}` : ends(message);
  }
  return HEADINGS[kind] ?? ends(message);
}

function details({ error, text }) {
  if (error.kind === 'syntax') {
    // The VM's own text shows the place in the source.
    return [element('pre', { class: 'diagnostics' }, text?.trimEnd() ?? error.diagnostics?.map(diagnostic).join('\n') ?? error.message)];
  }
  const lines = error.stack ?? [];
  if (lines.length === 0) return [];
  const stack = element('ol', { class: 'stack' }, ...lines.map((line) => element('li', {}, stackLine(line))));
  return [element('details', { open: true }, element('summary', {}, 'Stack'), stack)];
}

const diagnostic = ({ line, column, message, help }) => `${line}:${column}: ${message}${help ? `\n  help: ${help}` : ''}`;

function stackLine(line) {
  const place = line.line === undefined ? '' : ` (${line.source ?? ''}${line.source ? ':' : ''}${line.line}:${line.column})`;
  return `${line.method}${place}`;
}

const part = (name, ...content) => element('div', { class: name }, ...content);
const away = (text) => element('span', { class: 'away' }, text);
const ends = (text) => String(text).replace(/\r\n?/g, '\n');
