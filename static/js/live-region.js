// <live-region for="results">: while somebody types, fetches the page that the form inside would open and takes
// over the element with that id. The server sends the same whole page as ever; the address follows.

const PAUSE = 220;

export class LiveRegion extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.status = this.querySelector("[role=status]");
    this.form.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.refresh(), PAUSE);
    });
  }

  async refresh() {
    this.running?.abort();
    this.running = new AbortController();
    const address = new URL(this.form.action);
    address.search = new URLSearchParams(new FormData(this.form));
    try {
      const answer = await fetch(address, { signal: this.running.signal, credentials: "same-origin" });
      if (answer.ok) this.show(await answer.text(), address);
    } catch (error) {
      if (error.name !== "AbortError") this.form.requestSubmit();
    }
  }

  show(text, address) {
    const id = this.getAttribute("for");
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(id);
    if (!fresh) return;
    document.getElementById(id).replaceWith(fresh);
    history.replaceState(null, "", address);
    this.status.textContent = fresh.dataset.summary ?? "Results updated.";
  }
}
