"""How browser tests measure the wall: what leaves the screen or is cut off, how small the letters are, timing."""

from __future__ import annotations

OVERFLOWS = """() => {
    const found = [];
    const clips = element => {
        for (let up = element; up && up !== document.documentElement; up = up.parentElement) {
            if (getComputedStyle(up).overflowX !== 'visible' || up.matches('.card, .figure, .map, .verdict, .title, .ticker')) return up;
        }
        return document.body;
    };
    const walker = document.createTreeWalker(document.querySelector('#frame'), NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (!node.textContent.trim()) continue;
        const range = document.createRange(); range.selectNodeContents(node);
        const owner = clips(node.parentElement).getBoundingClientRect();
        for (const box of range.getClientRects()) {
            const outside = box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.left < -1 || box.top < -1;
            const cut = box.right > owner.right + 2 || box.bottom > owner.bottom + 2 || box.left < owner.left - 2;
            if (outside || cut) found.push(`${outside ? 'outside' : 'cut'}: ${node.textContent.trim().slice(0, 40)}`);
        }
    }
    if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) found.push('scrolls');
    return found;
}"""

SMALLEST_LETTER = """() => {
    const scale = Math.min(innerWidth / 1920, innerHeight / 1080);
    const walker = document.createTreeWalker(document.querySelector('#frame'), NodeFilter.SHOW_TEXT);
    let least = Infinity, which = '';
    while (walker.nextNode()) {
        const node = walker.currentNode, owner = node.parentElement;
        if (!node.textContent.trim() || owner.closest('.strip')) continue;
        let size = parseFloat(getComputedStyle(owner).fontSize);
        const drawing = owner.closest('svg');
        if (drawing) size *= drawing.getScreenCTM().a;
        if (size / scale < least) { least = size / scale; which = node.textContent.trim(); }
    }
    return [least, which];
}"""
"""Size, in pixels of a 1080p screen, of the smallest letters; the strip's marks are shapes, not letters."""


def open_wall(page, address: str, screen: str = "hall") -> None:
    """Open a wall screen and wait for its first picture."""
    page.goto(f"{address}/wall?screen={screen}")
    page.wait_for_selector("header.title")


def title_of(page) -> str:
    """Return which picture is on screen."""
    return page.locator("header.title h1 small").inner_text()
