// <theme-switch>: a small POST form that sets a cookie; with scripts the page changes without a reload.

export class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => this.choose(event));
  }

  async choose(event) {
    const chosen = event.submitter?.value;
    if (!chosen) return;
    event.preventDefault();
    const body = new FormData(this.form, event.submitter);
    const answer = await fetch(this.form.action, { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (!answer || answer.status >= 400) return;
    document.documentElement.dataset.theme = chosen;
    for (const button of this.form.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.value === chosen));
    }
  }
}
