// A field that offers what it may hold, after the ARIA pattern of a combobox with a list. The options come by htmx into
// the list that `data-combobox` names; each has its value in `data-value`. Without this the field is a plain one.
for (const input of document.querySelectorAll('[data-combobox]')) {
  const list = document.getElementById(input.dataset.combobox);
  const found = document.getElementById(`${input.id}-found`);
  let active = -1;
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  list.setAttribute('role', 'listbox');

  const options = () => [...list.querySelectorAll('[role=option]')];
  const open = (isOpen) => {
    list.hidden = !isOpen;
    input.setAttribute('aria-expanded', isOpen);
    if (!isOpen) activate(-1);
  };
  const activate = (place) => {
    active = place;
    options().forEach((option, index) => option.setAttribute('aria-selected', index === place));
    const option = options()[place];
    if (option) input.setAttribute('aria-activedescendant', option.id);
    else input.removeAttribute('aria-activedescendant');
    option?.scrollIntoView({ block: 'nearest' });
  };
  const pick = (value) => {
    input.value = value;
    open(false);
    input.dispatchEvent(new Event('change', { bubbles: true }));
  };
  open(false);

  list.addEventListener('htmx:afterSwap', () => {
    const count = options().length;
    open(count > 0 && document.activeElement === input);
    found.textContent = input.getAttribute('aria-expanded') === 'true' ? String(count) : '';
  });
  input.addEventListener('keydown', (event) => {
    const count = options().length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (!count) return;
      event.preventDefault();
      if (list.hidden) open(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      activate((active + step + count + (active < 0 && step < 0 ? 1 : 0)) % count);
    } else if (event.key === 'Enter' && !list.hidden && active >= 0) {
      event.preventDefault();
      pick(options()[active].dataset.value);
    } else if (event.key === 'Escape' && !list.hidden) {
      event.preventDefault();
      open(false);
    }
  });
  input.addEventListener('blur', () => open(false));
  list.addEventListener('mousedown', (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (option) pick(option.dataset.value);
  });

  // What else is offered in the form is put into the field, and not sent at once.
  input.form.addEventListener('click', (event) => {
    const button = event.target.closest('[data-pick]');
    if (!button) return;
    event.preventDefault();
    pick(button.value);
    input.focus();
  });
  // The values of one field say nothing of another's.
  input.form.elements.field.addEventListener('change', () => {
    list.replaceChildren();
    open(false);
  });
}
