// What the design system needs of script: knobs, dialogs where the browser lacks invoker commands, htmx under a strict policy.
function showKnob(input) {
  const knob = input.closest('.knob');
  const value = Number(input.value);
  knob.querySelector('output').textContent = value.toFixed(2);
  knob.style.setProperty('--fill', (value - input.min) / (input.max - input.min));
  knob.toggleAttribute('data-changed', value !== Number(knob.dataset.published));
}

const showKnobs = (root) => root.querySelectorAll('.knob input[type=range]').forEach(showKnob);
showKnobs(document);
document.addEventListener('input', (event) => event.target.matches('.knob input[type=range]') && showKnob(event.target));
document.addEventListener('htmx:afterSwap', (event) => showKnobs(event.target));

if (!('commandForElement' in HTMLButtonElement.prototype)) {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[command="show-modal"]');
    if (opener) document.getElementById(opener.getAttribute('commandfor')).showModal();
  });
}
