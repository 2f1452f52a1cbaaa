// What a page does beyond what its HTML and CSS do: the colours that were chosen, the
// menu of a narrow window, and the search when it is asked for. Without it all pages
// can be read and reached.
(() => {
	'use strict';
	const root = document.currentScript.dataset.root;
	const html = document.documentElement;
	html.classList.add('js');

	// Colours: as the system has them, or as they were chosen.
	const themes = {auto: 'as the system', light: 'light', dark: 'dark'};
	let theme = 'auto';
	try {
		theme = localStorage.getItem('theme') || 'auto';
	} catch { /* nothing is kept */ }
	const dark = matchMedia('(prefers-color-scheme: dark)');
	const show = () => {
		if (!(theme in themes)) theme = 'auto';
		const now = theme === 'auto' ? (dark.matches ? 'dark' : 'light') : theme;
		html.dataset.theme = now;
		for (const source of document.querySelectorAll('source[media*="prefers-color-scheme"], source[data-for]')) {
			source.dataset.for ||= source.media.includes('light') ? 'light' : 'dark';
			source.media = source.dataset.for === now ? 'all' : 'not all';
		}
		document.querySelector('button.theme')?.setAttribute('aria-label', 'Colours: ' + themes[theme]);
		document.querySelector('button.theme')?.setAttribute('title', 'Colours: ' + themes[theme]);
	};
	show();
	dark.addEventListener('change', show);

	// The search is fetched when it is needed first: a page on the disk may load programs, and no data.
	let loading = null;
	const load = (name) => new Promise((done, failed) => {
		const script = document.createElement('script');
		script.src = root + 'assets/' + name;
		script.onload = done;
		script.onerror = failed;
		document.head.append(script);
	});
	const search = async () => {
		loading ||= load('search.js').then(() => load('index.js'));
		await loading;
		window.groupcastSearch.open(root);
	};

	document.addEventListener('DOMContentLoaded', () => {
		show();
		for (const button of document.querySelectorAll('header button, button.find')) button.hidden = false;
		document.querySelector('button.theme').addEventListener('click', () => {
			const names = Object.keys(themes);
			theme = names[(names.indexOf(theme) + 1) % names.length];
			try {
				localStorage.setItem('theme', theme);
			} catch { /* until the next page */ }
			show();
		});
		const menu = document.querySelector('button.menu');
		menu.addEventListener('click', () => menu.setAttribute('aria-expanded', html.classList.toggle('opened')));
		for (const button of document.querySelectorAll('button.find')) button.addEventListener('click', search);
		document.addEventListener('keydown', (e) => {
			const typing = e.target.closest?.('input, textarea, select, [contenteditable]');
			if (!typing && !e.altKey && (e.key === '/' && !e.ctrlKey && !e.metaKey || e.key === 'k' && (e.ctrlKey || e.metaKey))) {
				e.preventDefault();
				search();
			}
		});

		const contents = document.querySelector('.contents');
		const wide = matchMedia('(min-width: 1360px)');
		const fold = () => { if (contents) contents.open = wide.matches; };
		fold();
		wide.addEventListener('change', fold);
		const side = document.querySelector('.side');
		const here = document.querySelector('.shelf li [aria-current]');
		if (here) side.scrollTop = here.offsetTop - side.clientHeight / 2;

		// Where in the page the reader is.
		if (contents) {
			const links = new Map([...contents.querySelectorAll('a')].map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
			const seen = new IntersectionObserver((entries) => {
				for (const e of entries) {
					if (!e.isIntersecting) continue;
					for (const a of links.values()) a.classList.remove('now');
					links.get(e.target.id)?.classList.add('now');
				}
			}, {rootMargin: '-60px 0px -70% 0px'});
			for (const id of links.keys()) {
				const heading = document.getElementById(id);
				if (heading) seen.observe(heading);
			}
		}

		// What scrolls sideways can be reached by the keyboard.
		const reach = () => {
			for (const box of document.querySelectorAll('pre, .scroll')) {
				if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
				else box.removeAttribute('tabindex');
			}
		};
		reach();
		addEventListener('resize', reach);
		addEventListener('beforeprint', () => {
			for (const d of document.querySelectorAll('article details')) d.open = true;
		});
	});
})();
