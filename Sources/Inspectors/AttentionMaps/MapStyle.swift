/// How the special instruments of this page look.
let mapStyle = """
  .attention .views { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(14rem, 100%), 1fr)); }
  @media (min-width: 40rem) and (max-width: 66rem) {
    .attention .views { grid-template-columns: repeat(3, 1fr); }
    .attention .reading-side { grid-column: 1 / -1; }
    .attention .reading-side .ranked { max-height: none; columns: 3; column-gap: 1rem; }
  }
  .attention canvas { display: block; }
  .attention .views canvas { width: 100%; cursor: crosshair; touch-action: pan-y; }
  .attention .gallery { display: grid; gap: 0.4rem; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); }
  .attention .gallery button { border: 0; padding: 2px; font-size: 0.85rem; overflow: hidden; }
  .attention .gallery canvas { width: 100%; image-rendering: pixelated; }
  .attention .gallery [aria-pressed=true] { outline: 3px solid var(--focus); }
  .attention .raw { image-rendering: pixelated; }
  .attention .prompt { max-width: none; font-size: 1.15rem; }
  .attention .prompt button { border: 0; border-bottom: 3px solid transparent; border-radius: 4px 4px 0 0;
    padding: 0.1rem 0.35rem; background: color-mix(in srgb, var(--condition) var(--share, 0%), transparent); }
  .attention .prompt button:not(.word) { font-size: 0.85em; }
  .attention .prompt button[aria-pressed=true] { border-color: var(--focus); font-weight: 600; }
  .attention .spot { color: var(--quiet); margin: 0; min-height: 1.5em; }
  .attention .sum { color: var(--quiet); text-align: right; margin: 0; font-variant-numeric: tabular-nums; }
  .attention .ranked { list-style: none; margin: 0; padding: 0; max-height: 20rem; overflow-y: auto; }
  .attention .ranked li { position: relative; display: flex; justify-content: space-between; padding: 0 0.35rem;
    cursor: pointer; line-height: 1.5; }
  .attention .ranked i { position: absolute; left: 0; top: 2px; bottom: 2px; z-index: -1; opacity: 0.28;
    background: var(--condition); }
  .attention .ranked li:not(.word) i { background: var(--neutral); }
  .attention .ranked b { font-weight: 500; font-variant-numeric: tabular-nums; }
  .attention .reading-side { position: relative; z-index: 0; }
  .attention .scale { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; max-width: none;
    font-variant-numeric: tabular-nums; }
  .attention .scale .bar { width: 12rem; height: 0.8rem; }
  .attention .mass { display: inline-block; min-width: 7ch; }
  .attention .times, .attention .grid { cursor: pointer; margin-top: 0.75rem; }
  .attention figure.cells { overflow-x: auto; }
  .aggregates { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
  .aggregates .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 3px; max-width: none; }
  .aggregates canvas { width: 100%; display: block; }
  .aggregates canvas[hidden] { display: none; }
  .aggregates canvas:first-child { image-rendering: pixelated; }
  .aggregates figcaption b { display: block; }
  """
