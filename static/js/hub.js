// The entry: everything here only adds comfort; every page works without it.
import { CopyField } from "./copy-field.js";
import { LiveRegion } from "./live-region.js";
import { ThemeSwitch } from "./theme-switch.js";
import { listen } from "./menu-keys.js";

document.documentElement.dataset.scripts = "";
customElements.define("copy-field", CopyField);
customElements.define("live-region", LiveRegion);
customElements.define("theme-switch", ThemeSwitch);
listen(document);
