// Looks at each report in a frame, and lists what a reader would trip over. Positions and colours, never pixels.
'use strict';
function luminance(color) {
    const channels = color.match(/[\d.]+/g).slice(0, 3).map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2];
}

function contrast(one, other) {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
}

function background(view, element) {
    for (let at = element; at; at = at.parentElement) {
        const color = view.getComputedStyle(at).backgroundColor;
        if (!/, 0\)$/.test(color)) return color;
    }
    return 'rgb(255, 255, 255)';
}

function look(frame) {
    const page = frame.contentDocument, view = frame.contentWindow, found = [];
    page.querySelectorAll('details').forEach(d => { d.open = true; });
    const width = page.documentElement.clientWidth;
    const tell = (what, text) => { if (found.filter(f => f.includes(what.split(',')[0].split('"')[0])).length < 8) found.push(frame.name + ': ' + what + ': ' + text.trim().slice(0, 60)); };
    if (width !== +frame.width) tell('the page is not as wide as its frame', String(width));
    if (page.documentElement.scrollWidth > width) tell('scrolls sideways', page.documentElement.scrollWidth + ' > ' + width);
    const texts = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT), boxes = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const parent = node.parentElement;
        if (!node.data.trim() || parent.closest('title, desc, style') || (width <= 700 && parent.closest('thead'))) continue;
        const range = page.createRange();
        range.selectNodeContents(node);
        const rects = parent.namespaceURI.endsWith('/svg') ? [parent.getBoundingClientRect()] : [...range.getClientRects()];
        const picture = parent.closest('svg.plot'), figure = parent.closest('figure'), style = view.getComputedStyle(parent);
        if (!rects.some(r => r.width > 0)) continue;
        if (parseFloat(style.fontSize) < 12) tell('is too small, ' + style.fontSize, node.data);
        const ratio = contrast(picture ? style.fill : style.color, background(view, parent));
        if (!(ratio >= 4.5)) tell('has too little contrast, ' + ratio.toFixed(2), node.data);
        const frameOf = picture && figure.getBoundingClientRect();
        for (const r of rects.filter(r => r.width > 0)) {
            if (r.left < -0.5 || r.right > width + 0.5) tell('lies outside the page', node.data);
            if (frameOf && (r.left < frameOf.left - 0.5 || r.right > frameOf.right + 0.5 || r.top < frameOf.top - 0.5 || r.bottom > frameOf.bottom + 0.5)) tell('lies outside its picture', node.data);
            boxes.push({ node, r });
        }
    }
    boxes.sort((a, b) => a.r.top - b.r.top);
    for (let i = 0; i < boxes.length; i++) {
        for (let j = i + 1; j < boxes.length && boxes[j].r.top < boxes[i].r.bottom - 2; j++) {
            const a = boxes[i], b = boxes[j];
            if (a.node !== b.node && Math.min(a.r.right, b.r.right) - Math.max(a.r.left, b.r.left) > 1 && Math.min(a.r.bottom, b.r.bottom) - Math.max(a.r.top, b.r.top) > 2)
                tell('overlaps "' + b.node.data.trim().slice(0, 40) + '"', a.node.data);
        }
    }
    return { name: frame.name, texts: boxes.length, found };
}

window.onload = () => {
    const all = [...document.querySelectorAll('iframe')].map(look);
    document.getElementById('result').textContent = 'RESULT' + btoa(unescape(encodeURIComponent(JSON.stringify(all)))) + 'END';
};
