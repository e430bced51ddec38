// What core ipywidgets cannot do: keys, clicks on markup, what is under the pointer, names for screen readers.
// Everything happens below the nearest element of class "gd"; nothing outside is touched.

const TYPED = 'input, select, textarea, [contenteditable]';
const SLIDER = '.noUi-handle';
const STEPS = { n: 'next finding', p: 'previous finding' };
const ARROWS = { ArrowLeft: 'previous', ArrowRight: 'next', Home: 'first', End: 'last' };

function fractions(event, image) {
  const [left, bottom, width, height] = image.dataset.frame.split(',').map(Number);
  const box = image.getBoundingClientRect();
  const across = ((event.clientX - box.left) / box.width - left) / width;
  const down = ((event.clientY - box.top) / box.height - (1 - bottom - height)) / height;
  return across >= 0 && across < 1 && down >= 0 && down < 1 ? [across, down] : null;
}

function copied(button) {
  const code = button.closest('figure').querySelector('code');
  const done = () => { button.textContent = 'Copied'; };
  const select = () => { getSelection().selectAllChildren(code); button.textContent = 'Selected: press Ctrl-C'; };
  if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select); else select();
}

function connect(root, model, words) {
  const open = new Map();

  // Lab and Notebook take single letters as commands, but not where the element in focus bears this mark.
  const onFocus = event => { event.target.setAttribute('data-lm-suppress-shortcuts', 'true'); };
  const onKey = event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches(TYPED)) return;
    const action = STEPS[event.key] ?? (event.target.matches(`${SLIDER}, summary, [role=region]`) ? null : ARROWS[event.key]);
    if (!action) return;
    event.preventDefault();
    model.send({ action });
  };
  const onClick = event => {
    const to = event.target.closest('[data-batch]');
    const copy = event.target.closest('[data-copy]');
    const map = event.target.closest('img.gd-fitmap');
    const place = map && fractions(event, map);
    if (to) model.send({ batch: Number(to.dataset.batch) });
    if (copy) copied(copy);
    if (place) model.send({ place });
  };
  const onMove = event => {
    const image = root.querySelector('img.gd-timeline-picture');
    const place = image && fractions(event, image);
    if (!place) { words.textContent = ''; return; }
    const [first, last] = image.dataset.range.split(',').map(Number);
    const batch = Math.min(last, first + Math.floor(place[0] * (last - first + 1)));
    words.textContent = `under the pointer: ${model.get('marks')[batch] ?? `batch ${batch}`}`;
  };
  const onToggle = event => { if (event.target.dataset?.key) open.set(event.target.dataset.key, event.target.open); };
  const refine = () => {
    for (const fold of root.querySelectorAll('details[data-key]')) {
      const kept = open.get(fold.dataset.key);
      if (kept !== undefined && fold.open !== kept) fold.open = kept;
    }
    for (const pictures of root.querySelectorAll('.gd-pictures:not([tabindex])')) {  // they scroll where it is narrow
      pictures.setAttribute('tabindex', '0');
      pictures.setAttribute('role', 'region');
      pictures.setAttribute('aria-label', pictures.querySelector('.gd-fitmap') ? 'Map of fit' : 'Timeline');
    }
    for (const label of root.querySelectorAll('[title="null"]')) label.removeAttribute('title');
    for (const [group, names] of Object.entries(model.get('handles'))) {
      root.querySelectorAll(`.${group} ${SLIDER}`).forEach((handle, place) => {
        if (handle.getAttribute('aria-label') !== names[place]) handle.setAttribute('aria-label', names[place]);
      });
    }
  };

  const watcher = new MutationObserver(refine);
  const listeners = [['focusin', onFocus], ['keydown', onKey], ['click', onClick], ['pointermove', onMove], ['toggle', onToggle, true]];
  for (const [name, listener, capture] of listeners) root.addEventListener(name, listener, capture);
  watcher.observe(root, { childList: true, subtree: true });
  refine();
  return () => {
    watcher.disconnect();
    for (const [name, listener, capture] of listeners) root.removeEventListener(name, listener, capture);
  };
}

function render({ model, el }) {
  let disconnect = () => {};
  let frame = 0;
  el.className = 'gd-pointer';
  el.setAttribute('aria-hidden', 'true');
  const attach = () => {  // an output is rendered before it is put on the page
    const root = el.closest('.gd');
    if (root) disconnect = connect(root, model, el); else frame = requestAnimationFrame(attach);
  };
  attach();
  return () => { cancelAnimationFrame(frame); disconnect(); };
}

export default { render };
