// What the page does where scripts run: it filters, sorts and searches the claims, and copies tables, links and commands.
// All it acts on is in the page, and nothing is missing from it without this. It loads nothing and sends nothing.
"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text, more) => Object.assign(document.createElement(tag), { textContent: text }, more);
  const lines = all("tr[data-claim]");
  const stories = new Map(all("details.story").map(story => [story.querySelector(".claim").id, story]));
  const controls = document.querySelector(".controls"), fields = all("select, input", controls);
  const heard = document.body.appendChild(make("p", "", { className: "heard", role: "status" }));

  // ---- text: what a reader sees of a cell, a number in it, and how CSV and LaTeX write both

  // Marks are for the eye and words beside them for the ear: the words stay. What an abbreviation stands for is in its title.
  const textOf = element => {
    const copy = element.cloneNode(true);
    all("[aria-hidden], .said", copy).forEach(each => each.remove());
    all("abbr", copy).forEach(each => each.replaceWith(each.title));
    return copy.textContent.replace(/[\s\u00a0\u202f]+/g, " ").trim();
  };
  const numberIn = text => {
    const found = text.replace(/\u2212/g, "-").match(/[-+]?\d[\d,]*(\.\d+)?(e[-+]?\d+)?/i);
    return found ? Number(found[0].replace(/,/g, "")) : NaN;
  };
  const isNumber = text => /^[<>≤≥±]?\s*[-+\u2212]?\d[\d.,]*(e[-+]?\d+)?( %| points)?$/.test(text);
  const inCsv = text => {
    const plain = text === "–" ? "" : text.replace(/\u2212(?=\d)/g, "-");
    const safe = /^[=+@-]/.test(plain) && !isNumber(plain) ? "'" + plain : plain;  // no spreadsheet takes it for a formula
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };
  const SIGNS = {
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$",
    "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "\u2212": "$-$", "±": "$\\pm$",
    "×": "$\\times$", "–": "--", "…": "\\ldots{}", "≤": "$\\le$", "≥": "$\\ge$", "≠": "$\\ne$", "‖": "$\\|$",
    "α": "$\\alpha$", "β": "$\\beta$", "ε": "$\\epsilon$", "λ": "$\\lambda$", "σ": "$\\sigma$", "φ": "$\\phi$",
  };
  const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹", LOWERED = "₀₁₂₃₄₅₆₇₈₉";
  const digits = (text, from) => [...text].map(each => (each === "⁻" ? "-" : from.indexOf(each))).join("");
  const inLatex = text => text
    .replace(/[\\{}$~^\u2212±×–…≤≥≠‖αβελσφ]/g, sign => SIGNS[sign]).replace(/[&%#_]/g, "\\$&")
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g, found => "$^{" + digits(found, RAISED) + "}$")
    .replace(/[₀₁₂₃₄₅₆₇₈₉]+/g, found => "$_{" + digits(found, LOWERED) + "}$");

  // ---- copying

  const copy = async (text, what) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // an older browser, or one that asks a server's leave
      const area = document.body.appendChild(make("textarea", text));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    heard.textContent = what + " copied";
    setTimeout(() => { heard.textContent = ""; }, 2500);
  };
  const copier = (label, title, what, text) => {
    const button = make("button", label, { type: "button", title, className: "copier" });
    button.addEventListener("click", () => copy(text(), what));
    return button;
  };

  // A cell with the paper's number above ours makes two columns, and in CSV a third with the verdict.
  const partsOf = cell => {
    const paper = cell.querySelector(".paper"), ours = cell.querySelector(".ours");
    if (!ours) return [["", textOf(cell)]];
    const verdict = textOf(ours.querySelector(".unseen") || make("i", ""));
    const number = textOf(ours.querySelector("b") || ours);
    return [...(paper ? [["paper", textOf(paper)]] : []), [paper ? "ours" : "", number], ["verdict", verdict]];
  };
  const gridOf = (table, wanted) => {
    const heads = table.tHead.rows[0].cells;
    const rows = all("tbody tr:not(.group)", table).filter(row => !row.hidden && !row.parentNode.hidden);
    const names = [...heads].map((head, at) => {
      const found = rows.flatMap(row => (row.cells[at] ? partsOf(row.cells[at]).map(part => part[0]) : []));
      return [...new Set(found.length ? found : [""])].filter(wanted);
    });
    const named = (head, name) => [textOf(head), name].filter(Boolean).join(", ");
    const grouped = rows.some(row => row.dataset.of);  // what a row's group is called becomes a column of its own
    const body = rows.map(row => [...(grouped ? [row.dataset.of] : []), ...[...row.cells].flatMap((cell, at) => {
      const parts = new Map(partsOf(cell));
      const only = parts.size === 1 ? parts.get("") : undefined;  // nothing printed, nothing measured
      return names[at].map((name, first) => parts.get(name) ?? (first ? "" : only ?? ""));
    })]);
    return [[...(grouped ? ["where"] : []), ...[...heads].flatMap((head, at) => names[at].map(name => named(head, name)))], ...body];
  };
  const asCsv = table => gridOf(table, () => true).map(row => row.map(inCsv).join(",") + "\n").join("");
  const asLatex = table => {
    const [head, ...body] = gridOf(table, name => name !== "verdict");
    const right = head.map((_, at) => body.every(row => ["", "–"].includes(row[at]) || isNumber(row[at])));
    const line = row => "  " + row.map(inLatex).join(" & ") + " \\\\\n";
    return "% needs \\usepackage{booktabs}\n\\begin{tabular}{" + right.map(each => (each ? "r" : "l")).join("") + "}\n  \\toprule\n"
      + line(head) + "  \\midrule\n" + body.map(line).join("") + "  \\bottomrule\n\\end{tabular}\n";
  };
  const offerTable = table => {
    const offer = make("p", "", { className: "copy" });
    offer.append("Copy the table: ", copier("CSV", "Copy this table as CSV", "CSV", () => asCsv(table)), " ",
      copier("LaTeX", "Copy this table as LaTeX", "LaTeX", () => asLatex(table)));
    const beside = table.closest(".runs-beside");
    if (beside) beside.append(offer);
    else (table.closest(".scroll") || table).after(offer);
  };
  const address = id => location.href.replace(/#.*/s, "") + "#" + encodeURI(id).replace(/#/g, "%23");
  const offerStory = story => {
    if (story.dataset.offered) return;
    story.dataset.offered = "yes";
    const id = story.querySelector(".claim").id;
    all(".permanent", story).forEach(link => link.after(" ", copier("copy link", "Copy the permanent link", "link", () => address(id))));
    all(".command", story).forEach(code => code.after(" ", copier("copy", "Copy the command", "command", () => code.textContent)));
    all("table", story).forEach(offerTable);
  };

  // ---- filter and search

  const facts = lines.map(row => ({
    row,
    exhibit: row.parentNode.dataset.exhibit,
    margins: Math.abs(numberIn(row.cells[6].textContent)),
    primary: row.querySelector("abbr[title=secondary]") ? "no" : "yes",
    of: row.parentNode.querySelector(".group").textContent,
    story: stories.get(row.dataset.claim),
  }));
  facts.forEach(fact => { fact.row.dataset.of = fact.of; });
  const wordsOf = fact => {
    fact.words ??= [fact.row.dataset.claim, fact.of, textOf(fact.row), fact.story ? fact.story.textContent : ""].join(" ").toLowerCase();
    return fact.words;
  };
  const fits = (fact, asked) => (!asked.verdict || fact.row.querySelector(".mark." + asked.verdict))
    && (!asked.exhibit || fact.exhibit === asked.exhibit)
    && (!asked.primary || fact.primary === asked.primary)
    && (!asked.margins || fact.margins >= Number(asked.margins))
    && asked.words.toLowerCase().split(/\s+/).every(word => wordsOf(fact).includes(word));
  const show = fitting => {
    let shown = 0;
    for (const fact of facts) {
      fact.row.hidden = !fitting(fact);
      if (fact.story) fact.story.hidden = fact.row.hidden;
      shown += !fact.row.hidden;
    }
    all(".claim-lines tbody").forEach(body => { body.hidden = !all("tr[data-claim]:not([hidden])", body).length; });
    all("#stories section").forEach(part => { part.hidden = !all(".story:not([hidden])", part).length; });
    controls.querySelector("output").textContent = shown + " of " + facts.length + " claims";
  };
  const asked = () => Object.fromEntries(fields.map(field => [field.name, field.value]));
  const askNothing = () => fields.forEach(field => { field.value = ""; });
  const narrow = () => { const now = asked(); show(fact => fits(fact, now)); };

  // ---- sort

  // A claim that leaves its group takes the group's name with it; back in the order of the paper it needs none.
  const sortTable = (table, at, direction) => {
    const rows = all("tbody tr:not(.group)", table);
    const homes = new Set(rows.map(row => (row.home ??= row.parentNode)));
    rows.forEach((row, place) => { row.place ??= place; });
    const ordered = rows.sort((one, other) => one.place - other.place);
    if (direction) {
      const value = row => textOf(row.cells[at]);
      const numeric = ordered.filter(row => !Number.isNaN(numberIn(value(row)))).length * 2 > ordered.length
        && table.tHead.rows[0].cells[at].classList.contains("number");
      const keys = new Map(ordered.map(row => [row, numeric ? numberIn(value(row)) : value(row).toLowerCase()]));
      const empty = key => (numeric ? Number.isNaN(key) : key === "");
      ordered.sort((one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        if (empty(a) || empty(b)) return empty(a) - empty(b);  // what has no number comes last, either way
        return direction * (numeric ? a - b : a.localeCompare(b, "en", { numeric: true }));
      });
    }
    const first = [...homes][0];
    ordered.forEach(row => (direction ? first : row.home).append(row));
    table.classList.toggle("sorted", direction !== 0);
    all("th", table.tHead).forEach((head, place) => {
      head.setAttribute("aria-sort", place === at && direction ? (direction > 0 ? "ascending" : "descending") : "none");
    });
    if (table.classList.contains("claim-lines")) narrow();
  };
  const offerSort = table => {
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = make("button", "", { type: "button", className: "sorter", title: "Sort by this column" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        sortTable(table, at, now === "ascending" ? -1 : now === "descending" ? 0 : 1);
      });
    });
  };

  // ---- beginning

  const arrive = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const story = target && target.closest("details.story");
    if (!story) return;
    if (story.hidden) {
      askNothing();
      narrow();
    }
    story.open = true;
    target.scrollIntoView();
  };
  all(".scripted").forEach(each => { each.hidden = false; });
  facts.forEach(fact => fact.row.cells[1].prepend(make("span", fact.of + ", ", { className: "of said" })));
  all("table.sortable").forEach(offerSort);
  all("table").filter(table => !table.closest(".story")).forEach(offerTable);
  document.addEventListener("toggle", event => event.target.matches("details.story") && offerStory(event.target), true);
  controls.addEventListener("input", narrow);
  controls.querySelector("button").addEventListener("click", () => { askNothing(); narrow(); });
  window.addEventListener("hashchange", arrive);
  window.addEventListener("beforeprint", () => show(() => true));  // paper has every claim
  window.addEventListener("afterprint", narrow);
  narrow();
  arrive();
})();
