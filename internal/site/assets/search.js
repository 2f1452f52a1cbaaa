// The search: by symptom, by word of the field, by error, by any word of a page. It
// ranks as `groupcast explain` does (cmd/groupcast/explain_search.go), and needs no server.
(() => {
	'use strict';
	const MOST = 12, FEW = 6; // pages that it shows; the first few however far they are behind the best
	const INDEX = 300, STEP = 20; // what an entry of the index of words counts, as in explain
	const SYMPTOM = 60; // what a symptom counts that is said in the same words
	const NEAR = 0.55; // how much of a symptom has to be said
	const WORTH = [1, 1, 0.95, 0.8, 0.35, 0.3, 0.3, 0.5]; // of the kinds of pages

	const TYPED = 200; // characters that are looked for: more is a text that was pasted, and a second for each key
	const LONG = 600; // different words from which on a page says a little of everything

	const endings = ['ations', 'ation', 'ated', 'ating', 'ates', 'ate', 'ings', 'ing', 'ied', 'ies', 'ed', 'es', 's', 'y', 'e'];
	const length = (w) => new TextEncoder().encode(w).length;
	const stem = (w) => {
		for (const end of endings) {
			if (!w.endsWith(end)) continue;
			const cut = w.slice(0, -end.length);
			if (length(cut) >= 4 || end === 's' && cut.length >= 2 && !cut.endsWith('s')) return cut.replace(/e$/, '');
		}
		return w;
	};
	// The runs of letters and digits; of Chinese each two characters that stand beside each other.
	const words = (s) => (s.toLowerCase().match(/\p{Script=Han}+|(?:(?!\p{Script=Han})[\p{L}\p{Nd}])+/gu) || []).flatMap((w) =>
		/\p{Script=Han}/u.test(w) && [...w].length > 1 ? [...w].slice(1).map((c, i) => [...w][i] + c) : [w]);
	const stems = (s) => words(s).map(stem);
	const passing = new Set('a an and any are as at be but by can cannot did do does for from get gets got has have how i if in is it its me my of on or so than that the their them then there they this to use using was we what when where which who whom why will with you your t s don doesn isn won'.split(' '));

	// What is the same in a symptom, however it is said.
	const same = new Map(Object.entries({
		receiv: 'hear heard get got see arriv come',
		self: 'myself own mine ourselv itself',
		nobody: 'none noone no other else anybody anyone everybody everyon',
		message: 'datagram packet line data traffic multicast',
		lost: 'loss los miss drop gap',
		twice: 'double duplicate',
		stop: 'silent silence ceas end fall fell',
		host: 'computer machin pc laptop',
		program: 'app application software process socket',
		wireshark: 'tcpdump capture sniffer',
		router: 'subnet vlan',
		wifi: 'wireless wlan',
		work: 'function',
		four: '4', two: '2', three: '3', five: '5',
		minut: 'min',
	}).flatMap(([to, list]) => [to, ...list.split(' ')].map((w) => [stem(w), to])));
	const meant = (s) => new Set(words(s.replace(/wi-fi/gi, 'wifi').replace(/no one/gi, 'nobody'))
		.filter((w) => !passing.has(w) || w === 'get' || w === 'got').map((w) => same.get(stem(w)) || stem(w)));

	let x; // the index
	const postings = new Map(); // stem → pages and what it counts there
	let symptoms, terms, rarityOf, vocabulary;

	window.searchIndex = (index) => {
		x = index;
		for (const [s, packed] of x.stems) postings.set(s, packed);
		terms = new Map();
		for (const {t, p} of x.terms) for (const said of t) {
			const key = stems(said).join(' ');
			if (!terms.has(key)) terms.set(key, new Map());
			p.forEach((page, i) => terms.get(key).set(page, Math.max(terms.get(key).get(page) || 0, INDEX - i * STEP)));
		}
		symptoms = x.symptoms.flatMap(({t, p}) => t.map((said) => ({said, pages: p, means: meant(said)})));
		const often = new Map();
		for (const {means} of symptoms) for (const w of means) often.set(w, (often.get(w) || 0) + 1);
		rarityOf = (w) => Math.log2(1 + symptoms.length / (1 + (often.get(w) || 0)));
		vocabulary = [...new Set([...x.terms.flatMap(({t}) => t), ...x.pages.flatMap((p) => [p.n, p.t])].flatMap(words))].filter((w) => w.length > 3);
		for (const p of x.pages) p.words = stems(p.t);
	};

	const has = (stem) => {
		const found = postings.get(stem);
		if (typeof found !== 'string') return found || new Map();
		const map = new Map(found.split(' ').map((one) => one.split('.').map((n) => parseInt(n, 36))));
		postings.set(stem, map);
		return map;
	};

	// The pages about a term, which is one word or several beside each other.
	const about = (term, last) => {
		const key = term.join(' ');
		const found = new Map(has(key));
		if (term.length > 1 && found.size === 0) { // not written in one piece
			const parts = term.map((s) => has(s));
			for (const [page] of parts[0]) {
				const least = Math.min(...parts.map((p) => p.get(page) || 0));
				if (least > 0) found.set(page, least / 2);
			}
		}
		if (last && found.size === 0) { // it is being typed
			const before = term.slice(0, -1).map((s) => has(s)), end = term.at(-1);
			for (const s of postings.keys()) if (s.startsWith(end)) {
				for (const [page, n] of has(s)) {
					const least = Math.min(n, ...before.map((p) => p.get(page) || 0));
					if (least > 0) found.set(page, Math.max(found.get(page) || 0, least * 0.6));
				}
			}
		}
		for (const [page, n] of terms.get(key) || []) found.set(page, (found.get(page) || 0) + n);
		for (const [i, p] of x.pages.entries()) if (stems(p.n).join(' ') === key) found.set(i, (found.get(i) || 0) + 900);
		return found;
	};

	const distance = (a, b) => { // with neighbours that changed places
		let [before, row] = [[], [...Array(b.length + 1).keys()]];
		for (let i = 1; i <= a.length; i++) {
			const next = [i];
			for (let j = 1; j <= b.length; j++) {
				next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] !== b[j - 1]));
				if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) next[j] = Math.min(next[j], before[j - 2] + 1);
			}
			[before, row] = [row, next];
		}
		return row[b.length];
	};

	// The nearest known word for each that no page has.
	const corrected = (typed) => typed.split(/\s+/).map((word, i, all) => {
		for (const w of words(word)) {
			const starts = i === all.length - 1 && [...postings.keys()].some((s) => s.startsWith(stem(w)) || s.startsWith(w));
			if (has(stem(w)).size > 0 || starts || w.length < 4 || /\d|\p{Script=Han}/u.test(w)) continue;
			let best = null, least = w.length > 5 ? 2.5 : 1.5;
			for (const v of vocabulary) {
				const d = Math.abs(v.length - w.length) < least ? distance(w, v) : 9;
				if (d < least || best && d === least && has(stem(v)).size > has(stem(best)).size) [best, least] = [v, d];
			}
			if (best) word = word.toLowerCase().replace(w, best);
		}
		return word;
	}).join(' ');

	const within = (whole, part) => (' ' + whole.join(' ') + ' ').includes(' ' + part + ' ');
	const count = (typed) => typed.trim() ? find(typed) : [];

	const find = (typed) => {
		typed = typed.trimStart().slice(0, TYPED);
		const query = corrected(typed.trim());
		const whole = stems(query);
		if (whole.length === 0) return [];
		const fields = query.split(/\s+/).filter((f) => stems(f).length > 0);
		let asked = fields.filter((f) => !(stems(f).length === 1 && passing.has(f.toLowerCase().replace(/[?!.,]/g, ''))));
		if (asked.length === 0) asked = [query];
		const list = asked.map((f, i) => stems(f));
		const errors = (typed.match(/E[A-Z]{3,}/g) || []).map((e) => stem(e.toLowerCase()));
		const hits = new Map();
		const hit = (page) => {
			if (!hits.has(page)) hits.set(page, {page, score: 0, has: 0, why: ''});
			return hits.get(page);
		};
		list.forEach((term, i) => {
			const found = about(term, i === list.length - 1 && !/\s$/.test(typed));
			const rarity = Math.log2(1 + x.pages.length / (1 + found.size));
			for (const [page, n] of found) {
				const h = hit(page);
				h.has++;
				h.score += list.length === 1 ? n : rarity * Math.log2(1 + n);
			}
		});
		if (list.length > 1 || whole.length > list[0].length) {
			const key = whole.join(' ');
			for (const [page, n] of terms.get(key) || []) {
				hit(page).has = list.length;
				hit(page).score += n + 2 * 6 * Math.log2(1 + n);
			}
			for (const [i, p] of x.pages.entries()) if (within(p.words, key)) {
				hit(i).has = list.length;
				hit(i).score += 12 * Math.log2(26);
			}
			for (const [term, pages] of terms) { // an error within a line that a program printed
				const long = term.split(' ').length;
				if ((long > 1 || errors.includes(term)) && within(whole, term)) for (const [page, n] of pages) {
					hit(page).has = list.length;
					hit(page).score += n * long / 8;
				}
			}
			const means = meant(query);
			const weigh = (set) => [...set].reduce((sum, w) => sum + rarityOf(w), 0);
			const all = weigh(means), last = [...means].at(-1), typing = !/\s$/.test(typed) && last?.length > 1;
			if (means.size > 1) for (const y of symptoms) {
				let common = new Set([...means].filter((w) => y.means.has(w))), asked = all;
				const meant = typing && !common.has(last) && [...y.means].find((w) => w.startsWith(last));
				if (meant) {
					common.add(meant);
					asked += rarityOf(meant) - rarityOf(last);
				}
				common = weigh(common);
				const near = common / asked * 0.7 + common / weigh(y.means) * 0.3;
				if (near >= NEAR) y.pages.forEach((page, i) => {
					const h = hit(page), score = SYMPTOM * near * near * near * (1 - 0.12 * i);
					h.has = list.length;
					if (score > (h.symptom || 0)) [h.symptom, h.why] = [score, y.said];
				});
			}
		}
		let found = [...hits.values()];
		const most = Math.max(...found.map((h) => h.has));
		if (list.length <= 3) found = found.filter((h) => h.has === most);
		for (const h of found) {
			const p = x.pages[h.page];
			h.score = (h.score + (h.symptom || 0)) * (/\p{Script=Han}/u.test(query) && p.k === 7 ? 1 : WORTH[p.k]) / (1 + Math.max(0, p.s - LONG) / LONG / 2);
		}
		found.sort((a, b) => b.score - a.score || a.page - b.page);
		// A page leads to the lesson of its name.
		found = found.filter((h) => x.pages[h.page].k !== 2 || !found.some((o) => x.pages[o.page].k < 2 && x.pages[o.page].n === x.pages[h.page].n));
		found = found.filter((h, i) => i < FEW || h.score > found[0].score / 50).slice(0, MOST).map((h) => {
			const p = x.pages[h.page];
			let best = null, n = 0;
			for (const [id, text] of p.h || []) { // the part of the page
				const has = new Set(stems(text));
				const all = list.filter((term) => term.every((s) => has.has(s))).length;
				if (all > n) [best, n] = [[id, text], all];
			}
			const part = best && n === list.length && p.k >= 3 && !list.every((term) => within([...p.words, ...stems(p.n)], term.join(' '))) ? best : null;
			return {url: p.u + (part ? '#' + part[0] : ''), name: p.n, kind: x.kinds[p.k], title: part ? p.t + ' › ' + part[1] : p.t, brief: h.why ? '“' + h.why + '”' : p.b || '', score: h.score};
		});
		// A word that the glossary defines comes with its definition.
		const key = whole.join(' ');
		for (const w of x.words) if (w.t.split(', ').some((t) => stems(t).join(' ') === key)) {
			found.splice(Math.min(3, found.length), 0, {url: x.pages[w.p].u + '#' + w.i, name: 'glossary', kind: 'Word', title: w.t, brief: w.m, score: 0});
			break;
		}
		found.corrected = query.toLowerCase() === typed.trim().toLowerCase() ? '' : query;
		return found;
	};

	// The dialog: a field, and a list that the arrows go through.
	let dialog, input, box, status, root, at = 0;
	const choose = (i) => {
		const options = [...box.children];
		if (options.length === 0) return;
		at = (i + options.length) % options.length;
		options.forEach((o, j) => o.setAttribute('aria-selected', j === at));
		input.setAttribute('aria-activedescendant', options[at].id);
		options[at].firstChild.scrollIntoView({block: 'nearest', behavior: 'instant'});
	};
	const make = (tag, attributes, ...children) => {
		const e = document.createElement(tag);
		for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
		e.append(...children);
		return e;
	};
	const show = () => {
		const found = count(input.value);
		const options = found.map((f, i) => make('li', {role: 'option', id: 'found-' + i, 'aria-selected': 'false'},
			make('a', {href: root + f.url, tabindex: '-1'}, make('span', {class: 'kind'}, f.kind), make('b', {}, f.title), make('small', {}, f.brief))));
		box.replaceChildren(...options);
		input.setAttribute('aria-expanded', found.length > 0);
		input.removeAttribute('aria-activedescendant');
		status.textContent = !input.value.trim() ? 'Say what you see, such as “it stops after four minutes”, or a word, an option, an error.' :
			found.length === 0 ? 'Nothing has these words. Say it in others, or look through the pages.' :
				(found.corrected ? 'Found for “' + found.corrected + '”. ' : '') + found.length + (found.length === 1 ? ' page.' : ' pages.') + ' ↑ ↓ choose, enter opens, esc closes.';
		choose(0);
	};
	const build = () => {
		input = make('input', {type: 'search', maxlength: TYPED, role: 'combobox', 'aria-label': 'A symptom, a word, an error', 'aria-expanded': 'false', 'aria-controls': 'found', 'aria-autocomplete': 'list', placeholder: 'I hear myself but nobody else', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false'});
		box = make('ul', {role: 'listbox', id: 'found', 'aria-label': 'What was found'});
		status = make('p', {class: 'status', role: 'status'});
		const close = make('button', {type: 'button', 'aria-label': 'Close the search'}, make('kbd', {}, 'esc'), make('span', {class: 'x', 'aria-hidden': 'true'}, '×'));
		const form = make('form', {role: 'search'});
		form.innerHTML = '<svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><circle cx="10.5" cy="10.5" r="6.5"/><path d="M15.5 15.5L21 21"/></svg>';
		form.append(input, close);
		dialog = make('dialog', {class: 'search', 'aria-label': 'Search', lang: 'en'}, form, box, status);
		document.body.append(dialog);
		input.addEventListener('input', show);
		const leave = () => {
			input.blur(); // at once: a key that follows is for the page
			dialog.close();
		};
		close.addEventListener('click', leave);
		dialog.addEventListener('click', (e) => {
			if (e.target === dialog || e.target.closest('a')) leave();
		});
		form.addEventListener('submit', (e) => {
			e.preventDefault();
			box.children[at]?.firstChild.click();
		});
		dialog.addEventListener('keydown', (e) => {
			if (e.key === 'Escape' && !e.isComposing) { // or the field would take it, to clear itself
				e.preventDefault();
				leave();
			}
		});
		input.addEventListener('keydown', (e) => {
			const step = {ArrowDown: 1, ArrowUp: -1}[e.key];
			if (step && !e.isComposing) {
				e.preventDefault();
				choose(at + step);
			}
		});
	};
	window.groupcastSearch = {
		find,
		open(where) {
			root = where;
			if (!dialog) build();
			if (!dialog.open) dialog.showModal();
			show();
			input.select();
		},
	};
})();
