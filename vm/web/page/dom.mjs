// Small helpers for elements.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * An element with attributes and content. What is `on...` is a listener; true and false are attributes that are there or not.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string | null | undefined | false)} content
 */
export function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...content.filter((part) => part !== null && part !== undefined && part !== false));
  return made;
}

/** Asks a question with a dialog; true if the answer is yes. */
export function ask(question, yes) {
  const dialog = byId('question');
  byId('question-text').textContent = question;
  byId('question-yes').textContent = yes;
  dialog.returnValue = 'no';
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}

/** Gives bytes to the user as a file. */
export function download(name, bytes) {
  const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  element('a', { href: url, download: name }).click();
  // The browser has taken it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Shows what went wrong, or takes that away. */
export function notice(text = '') {
  const shown = byId('notice');
  shown.textContent = text;
  shown.hidden = text === '';
}

/** Does something that a button asks for, once at a time, and says it if that fails. */
export function whenPressed(button, action) {
  button.addEventListener('click', async () => {
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    try {
      notice();
      await action();
    } catch (error) {
      notice(error.message);
    } finally {
      button.removeAttribute('aria-busy');
    }
  });
}
