// A busy cell hears no message of a widget, but the server can interrupt its kernel.
const PRESSED = "Stopping after this step …";
const PATIENT = `${PRESSED} To break it off at once, interrupt the kernel.`;
const FAILED = "Interrupt the kernel to stop.";

async function interrupt(kernel) {
  const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  if (!config.baseUrl || !kernel) return false;
  const headers = {};
  const cookie = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
  if (cookie) headers["X-XSRFToken"] = cookie[1];
  if (config.token) headers.Authorization = `token ${config.token}`;
  const url = `${config.baseUrl}api/kernels/${encodeURIComponent(kernel)}/interrupt`;
  return (await fetch(url, { method: "POST", headers })).ok;
}

// Folds that were opened in the outputs of this cell stay open when what is around them is drawn again.
function keepFolds(element) {
  const area = element.closest(".jp-OutputArea") ?? element.parentElement;
  if (!area) return () => {};
  const title = (fold) => fold.dataset.key ?? fold.querySelector("summary")?.textContent ?? "";
  const name = (fold) => {
    const alike = [...area.querySelectorAll("details")].filter((other) => title(other) === title(fold));
    return `${alike.indexOf(fold)} ${title(fold)}`;
  };
  const opened = new Set();
  const listen = ({ target }) => {
    if (target.matches?.("details") && target.isConnected) opened[target.open ? "add" : "delete"](name(target));
  };
  const open = () => {
    for (const fold of area.querySelectorAll("details:not([open])")) fold.open = opened.has(name(fold));
  };
  const observer = new MutationObserver(open);
  area.addEventListener("toggle", listen, true);
  observer.observe(area, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    area.removeEventListener("toggle", listen, true);
  };
}

export default {
  render({ model, el }) {
    const button = document.createElement("button");
    const word = document.createElement("span");
    button.type = "button";
    button.className = "gd-stop";
    button.textContent = "Stop";
    word.setAttribute("role", "status"); // aria-live: polite
    el.classList.add("gd-stopping");
    el.append(button, word);

    const say = (text) => {
      button.disabled = true;
      word.textContent = text;
    };
    button.addEventListener("click", async () => {
      say(PRESSED);
      setTimeout(() => word.textContent === PRESSED && say(PATIENT), 5000);
      if (!(await interrupt(model.get("kernel")).catch(() => false))) say(FAILED);
    });
    const told = () => model.get("said") && say(model.get("said"));
    model.on("change:said", told);
    told();

    let forget = () => {};
    const frame = requestAnimationFrame(() => (forget = keepFolds(el)));
    return () => {
      cancelAnimationFrame(frame);
      forget();
      model.off("change:said", told);
    };
  },
};
