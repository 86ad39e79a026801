/** What was found. */

import { showClockTimeOrDay } from "./times.js";

for (const time of document.querySelectorAll("time")) showClockTimeOrDay(time);
