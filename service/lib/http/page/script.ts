/**
 * Moves the border between both pictures, and renews the sections of the page when events come: at most once a second,
 * and never the one that holds the focus. Sections that are the same stay as they are, so that no picture is loaded
 * again. The stream continues by itself after a break, from the event after the last one.
 */
export const SCRIPT = `
const adjust = (view) => {
  const range = view.querySelector('input');
  if (range) view.style.setProperty('--split', range.value + '%');
};
document.addEventListener('input', (event) => {
  const view = event.target.closest('.view');
  if (view) adjust(view);
});
const markups = new Map();
const remember = (root) => {
  for (const section of root.querySelectorAll('[data-live]')) markups.set(section.id, section.outerHTML);
};
remember(document);
document.querySelectorAll('.view').forEach(adjust);
const connection = document.getElementById('connection');
const renew = async () => {
  const reply = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!reply.ok) throw new Error('HTTP ' + reply.status);
  const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
  for (const section of page.querySelectorAll('[data-live]')) {
    const old = document.getElementById(section.id);
    const markup = section.outerHTML;
    if (!old || markups.get(section.id) === markup || old.contains(document.activeElement)) continue;
    markups.set(section.id, markup);
    old.replaceWith(section);
    section.querySelectorAll('.view').forEach(adjust);
  }
};
let isDue = false;
let isBusy = false;
const renewSoon = () => {
  isDue = true;
  if (isBusy) return;
  isBusy = true;
  setTimeout(async () => {
    isDue = false;
    await renew().catch(() => {});
    isBusy = false;
    if (isDue) renewSoon();
  }, isDue ? 250 : 1000);
};
const stream = new EventSource('/v1/events?after=' + document.body.dataset.seq);
stream.onmessage = renewSoon;
stream.onopen = () => { connection.textContent = 'live'; };
stream.onerror = () => { connection.textContent = 'not connected; trying again'; };
setInterval(renewSoon, 15000);
`;
