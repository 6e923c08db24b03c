/* SPDX-License-Identifier: BSD-2-Clause */
"use strict";
(function () {
	const all = Array.from(document.querySelectorAll("main details"));
	const rows = Array.from(document.querySelectorAll("details.packet"));
	const tools = document.querySelector(".tools");
	const filter = document.getElementById("filter");
	const count = document.getElementById("count");

	function setOpen(open) {
		for (const d of all)
			if (!d.hidden)
				d.open = open;
	}

	function show() {
		const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
		let shown = 0;
		for (const d of rows) {
			const text = d.firstElementChild.textContent.toLowerCase();
			d.hidden = !words.every(function (w) { return text.includes(w); });
			shown += d.hidden ? 0 : 1;
		}
		count.textContent = words.length ? shown + " of " + rows.length + " packets" : "";
	}

	if (!tools || !all.length)
		return;
	tools.hidden = false;
	document.getElementById("open").addEventListener("click", function () { setOpen(true); });
	document.getElementById("close").addEventListener("click", function () { setOpen(false); });
	if (filter)
		filter.addEventListener("input", show);

	/* What is closed on the screen is on paper all the same. */
	let closed = [];
	window.addEventListener("beforeprint", function () {
		closed = all.filter(function (d) { return !d.open; });
		for (const d of closed)
			d.open = true;
	});
	window.addEventListener("afterprint", function () {
		for (const d of closed)
			d.open = false;
	});
})();
