// Numbers for people.

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** A count, such as `12,345`. */
export const count = (value) => number.format(value ?? 0);

/** A size in bytes, such as `1.2 MB`. */
export function size(bytes) {
  if (bytes === undefined || bytes === null) return '';
  let value = bytes;
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (value < 1000 || unit === 'GB') return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
    value /= 1000;
  }
}

/** A time in microseconds, such as `1.2 ms`. */
export function duration(microseconds) {
  const value = microseconds ?? 0;
  if (value < 1000) return `${Math.round(value)} µs`;
  return value < 1e6 ? `${(value / 1000).toFixed(1)} ms` : `${(value / 1e6).toFixed(2)} s`;
}

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A time in seconds since 1970; nothing where it is not known. */
export const time = (seconds) => (seconds > 0 ? moment.format(new Date(seconds * 1000)) : '');

/** The words of a line; quotes of both kinds keep spaces. */
export function words(line) {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

/** Words as a line that `words` reads. */
export const line = (list) => list.map((word) => (/^[^\s'"]+$/.test(word) ? word : word.includes("'") ? `"${word}"` : `'${word}'`)).join(' ');

/** Variables from lines `NAME=value`; what is no such line is left out. */
export function variables(lines) {
  const pairs = lines.map((each) => /^\s*([^\s=]+)\s*=(.*)$/.exec(each)).filter((found) => found);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value.trim()]));
}
