// What the page starts with: what its server names (`session.json` of `osvm serve`), what the address asks for, and what was chosen before.

import { variables } from './format.mjs';

const KEY = 'osvm.choice';
const KEEPS = 'osvm.keeps';

/**
 * @typedef {{ name: string, url: string }} Served
 * @typedef {{ image: Served | null, config: Served | null, plugins: string, files: { path: string, url: string, size: number }[] }} Session
 */

/** What the server names. Other servers have no such file: then there is the built-in image. @returns {Promise<Session>} */
export async function served() {
  const nothing = { image: null, config: null, plugins: '../plugins/', files: [] };
  try {
    const response = await fetch('session.json');
    return response.ok ? { ...nothing, ...(await response.json()) } : nothing;
  } catch {
    return nothing;
  }
}

/**
 * What was chosen: the path of an image among the files (else the server's image, or with `builtIn` the built-in one), its arguments, the
 * variables of its environment, and a configuration.
 * @typedef {{ path?: string, builtIn?: boolean, args?: string[], environment?: Record<string, string>, config?: { name: string, text: string } }} Choice
 */

/** What was chosen when this image was served before. @returns {Choice} */
export function chosen(session) {
  try {
    const { served, ...choice } = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if ((served ?? null) === (session.image?.name ?? null)) return choice;
  } catch {
    // What cannot be read was not written by this page.
  }
  return {};
}

/** What the address asks for. It counts as long as the page has this address, and is not kept. @returns {Choice} */
export function asked() {
  const search = new URLSearchParams(location.search);
  const given = search.has('args') ? { args: search.getAll('args') } : {};
  if (search.has('env')) given.environment = variables(search.getAll('env'));
  return given;
}

/** Keeps a choice for the next time. */
export function keep(session, choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...choice, served: session.image?.name ?? null }));
  } catch {
    // Without room or permission the next time begins as the first.
  }
}

/** Whether the page that this tab showed before kept its files: it may have them for a moment still. */
export function keptBefore() {
  try {
    return sessionStorage.getItem(KEEPS) !== null;
  } catch {
    return false;
  }
}

/** Notes for the next page of this tab whether this one keeps its files. */
export function noteKeeps(keeps) {
  try {
    if (keeps) sessionStorage.setItem(KEEPS, 'yes');
    else sessionStorage.removeItem(KEEPS);
  } catch {
    // Without permission there are no files that are kept either.
  }
}
