// <copy-field>: a read-only field that can be selected by hand; with scripts its button copies it in one click.

const SHOWN_FOR = 2000;

export class CopyField extends HTMLElement {
  connectedCallback() {
    this.field = this.querySelector("input");
    this.button = this.querySelector("button");
    this.status = this.querySelector("[role=status]");
    this.label = this.button.textContent;
    this.button.hidden = false;
    this.button.addEventListener("click", () => this.copy());
    this.field.addEventListener("focus", () => this.field.select());
  }

  async copy() {
    const copied = await this.write(this.field.value);
    this.button.textContent = copied ? "Copied" : "Press Ctrl+C";
    this.button.toggleAttribute("data-copied", copied);
    this.status.textContent = copied ? "Copied to the clipboard." : "Selected. Press Ctrl+C to copy.";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.rest(), SHOWN_FOR);
  }

  rest() {
    this.button.textContent = this.label;
    this.button.removeAttribute("data-copied");
    this.status.textContent = "";
  }

  // The clipboard is there on https and on localhost only; elsewhere the text is left selected.
  async write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      this.field.focus();
      this.field.select();
      return false;
    }
  }
}
