// Everything the console does beyond what HTML does by itself. Each part works on what it finds on the page,
// and every page works without any of them.
import "./appearance.js";
import "./builder.js";
import "./codes.js";
import "./combobox.js";
import "./dialogs.js";
import "./live.js";
import "./palette.js";
import "./selection.js";
import "./shortcuts.js";
import "./tabs.js";
import "./toasts.js";
