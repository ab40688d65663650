/// The look of every page: light and dark by the reader's setting, one colour per idea.
let pageStyle = """
  :root {
    color-scheme: light dark;
    --paper: #fff; --ink: #1c2127; --quiet: #5b6570; --line: #d9dde2; --wash: #f4f6f8;
    --signal: #0068b5; --noise: #b86200; --condition: #007a57; --prediction: #a13d82;
    --error: #c62828; --neutral: #4a535d; --focus: #0068b5;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #14171a; --ink: #e8eaed; --quiet: #a0a9b3; --line: #343b43; --wash: #1d2226;
      --signal: #62b4f0; --noise: #f0a640; --condition: #3fc496; --prediction: #e08ac4;
      --error: #ff7b6e; --neutral: #b4bdc6; --focus: #62b4f0;
    }
  }
  * { box-sizing: border-box; }
  html { background: var(--paper); color: var(--ink); scroll-behavior: smooth; }
  body {
    margin: 0 auto; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 4rem; max-width: 88rem;
    font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  }
  [data-idea=signal] { --idea: var(--signal); } [data-idea=noise] { --idea: var(--noise); }
  [data-idea=condition] { --idea: var(--condition); } [data-idea=error] { --idea: var(--error); }
  [data-idea=prediction] { --idea: var(--prediction); }
  [data-idea=neutral] { --idea: var(--neutral); }
  h1 { font-size: clamp(1.7rem, 4vw, 2.6rem); line-height: 1.15; margin: 0.1em 0; }
  h2 { font-size: 1.3rem; margin: 2.5rem 0 0.75rem; }
  p { max-width: 44rem; margin: 0.5rem 0; }
  code { font: 0.9em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
  math { font-size: 1.05em; }
  a { color: var(--signal); }
  :focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
  .value, .number, output b, .legend b { font-variant-numeric: tabular-nums; }

  .place { display: flex; gap: 0.75rem; align-items: center; color: var(--quiet); margin: 0; }
  .chip { font-size: 0.8rem; padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 1rem; }
  .chip.untrained { background: var(--error); color: var(--paper); border: 0; font-weight: 600; }
  .question { font-size: 1.2rem; color: var(--quiet); }
  .command {
    display: flex; gap: 0.5rem; align-items: center; max-width: 60rem; background: var(--wash);
    border: 1px solid var(--line); border-radius: 6px; padding: 0.35rem 0.35rem 0.35rem 0.75rem;
  }
  .command code { flex: 1; overflow-x: auto; white-space: pre; }
  button {
    font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
    border-radius: 5px; padding: 0.2rem 0.7rem; cursor: pointer;
  }
  button:hover { border-color: var(--quiet); }
  button.copy { font-size: 0.85rem; min-width: 4.5rem; }
  .notice { background: var(--wash); padding: 0.5rem 0.75rem; border-left: 3px solid var(--noise); }

  section { margin-top: 1.25rem; }
  .row { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start; margin: 1rem 0; }
  .row > div { flex: var(--share) 1 calc(var(--share) * 17rem); min-width: min(100%, 17rem); }
  .pictures {
    display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit,
      minmax(max(9rem, calc((100% - (var(--columns) - 1) * 1rem) / var(--columns))), 1fr));
  }
  figure { margin: 0; }
  figcaption { font-size: 0.92rem; margin-top: 0.3rem; }
  figure[data-idea] > figcaption > math { color: var(--idea); }
  .frame { position: relative; background: var(--wash); max-width: 34rem; }
  .frame img { display: block; width: 100%; height: auto; }
  .frame.grid img { image-rendering: pixelated; }
  .note, .reading { display: block; color: var(--quiet); font-variant-numeric: tabular-nums; }
  .reading { min-height: 1.5em; font-size: 0.85rem; }
  .mark {
    display: none; position: absolute; width: 11px; height: 11px; margin: -6px; pointer-events: none;
    border: 2px solid #fff; outline: 1px solid #000; border-radius: 50%;
  }
  .borrowed {
    position: absolute; left: 0; bottom: 0; background: #000a; color: #fff; font-size: 0.75rem;
    padding: 0 0.4rem;
  }
  .untrained .frame::after {
    content: "UNTRAINED"; position: absolute; right: 0; top: 0; background: var(--error);
    color: var(--paper); font-size: 0.7rem; font-weight: 700; padding: 0 0.4rem;
  }
  .untrained table caption::after { content: " UNTRAINED"; color: var(--error); font-weight: 700; }
  .many {
    display: grid; gap: 0.5rem; grid-template-columns: repeat(auto-fill, minmax(var(--width), 1fr));
    margin: 1rem 0;
  }
  .many figcaption { font-size: 0.8rem; text-align: center; }
  .many .reading { display: none; }
  .many [data-position] { cursor: pointer; border-radius: 3px; }
  .many .current .frame { outline: 3px solid var(--focus); outline-offset: 1px; }

  .timeline {
    position: sticky; top: 0; bottom: 0; z-index: 2; display: flex; gap: 0.75rem; align-items: center;
    background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
    padding: 0.5rem 0.75rem; margin: 1rem 0;
  }
  .track { flex: 1; min-width: 6rem; }
  .track input { width: 100%; margin: 0; accent-color: var(--signal); }
  .ticks { position: relative; height: 1.1rem; margin: 0 8px; font-size: 0.75rem; color: var(--quiet); }
  .ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
  .ticks span:first-child:not(:only-child) { transform: translateX(max(-50%, -0.9rem)); }
  .ticks span:last-child:not(:only-child) { transform: translateX(min(-50%, 0.9rem - 100%)); }
  .play { width: 2.6rem; height: 2.4rem; padding: 0; }
  .play::before { content: "▶"; } .playing .play::before { content: "❚❚"; font-size: 0.8em; }
  .speed { min-width: 3.2rem; font-size: 0.85rem; }
  .position { white-space: nowrap; color: var(--quiet); }
  .position b { display: inline-block; text-align: right; color: var(--ink); font-size: 1.15rem; }
  .choice { border: 0; padding: 0; margin: 1rem 0; display: flex; flex-wrap: wrap; gap: 0.25rem; }
  .choice legend { float: left; margin-right: 0.75rem; color: var(--quiet); }
  .choice input { position: absolute; opacity: 0; pointer-events: none; }
  .choice span {
    display: block; padding: 0.15rem 0.7rem; border: 1px solid var(--line); border-radius: 1rem;
    cursor: pointer;
  }
  .choice :checked + span { background: var(--signal); color: var(--paper); border-color: transparent; }
  .choice :focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }

  .scroll { overflow-x: auto; }
  table { border-collapse: collapse; font-size: 0.95rem; }
  table.data { margin-bottom: 1rem; }
  caption { text-align: left; font-weight: 600; padding-bottom: 0.4rem; }
  th { text-align: left; font-weight: 400; }
  td, th { padding: 0.3rem 0.75rem 0.3rem 0; border-bottom: 1px solid var(--line); }
  thead th { color: var(--quiet); font-size: 0.85rem; }
  td.number, th.number { text-align: right; }
  .numbers { width: 100%; }
  .numbers td { text-align: right; white-space: nowrap; }
  .numbers th > math { color: var(--idea); display: inline-block; min-width: 3.5rem; }
  .cards {
    display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr));
    list-style: none; padding: 0;
  }
  .cards a {
    display: block; height: 100%; padding: 0.75rem; border: 1px solid var(--line);
    border-radius: 8px; color: inherit; text-decoration: none;
  }
  .cards a:hover { border-color: var(--signal); }
  .cards .frame { margin-bottom: 0.5rem; }
  .cards b { display: block; font-size: 1.1rem; } .cards small, .cards span { color: var(--quiet); }
  .cards em { font-style: normal; }
  .numbers .name { color: var(--quiet); font-size: 0.88rem; }
  .numbers .unit { text-align: left; color: var(--quiet); padding: 0 0 0 0.25rem; }
  tr[data-position] { cursor: pointer; } tr.current { background: var(--wash); }
  .holds { color: var(--condition); } .fails { color: var(--error); font-weight: 700; }

  .formula { margin: 1.25rem 0; }
  .formula math { font-size: 1.5rem; }
  .formula .scroll { overflow-y: hidden; padding: 0.4rem 0; }
  .formula [data-idea], .quantity { color: var(--idea); }
  .formula .value { font-size: 0.8rem; font-variant-numeric: tabular-nums; }
  .lit { background: color-mix(in srgb, var(--idea) 14%, transparent); }
  figure.lit { outline: 3px solid var(--idea); outline-offset: 3px; background: none; }

  .chart figcaption { font-weight: 600; margin: 0; }
  .legend { list-style: none; margin: 0.25rem 0; padding: 0; display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
  .legend li { font-size: 0.9rem; color: var(--idea); white-space: nowrap; }
  .legend b { display: inline-block; min-width: 5.5ch; margin-left: 0.5ch; font-weight: 500; }
  .legend i { display: inline-block; width: 1.1rem; height: 0; border-top: 2.5px solid; margin: 0 0.4rem 0.25rem 0; }
  .legend i.dashed { border-top-style: dashed; }
  .legend i.points { width: 0.5rem; height: 0.5rem; border: 0; border-radius: 50%; background: currentColor; margin-bottom: 0; }
  .legend i.bars { width: 0.7rem; height: 0.7rem; border: 0; background: currentColor; margin-bottom: -0.05rem; }
  .legend .pale { opacity: 0.55; }
  .x-label, .y-label { font-size: 0.82rem; color: var(--quiet); }
  .x-label { text-align: right; }
  .plot { touch-action: pan-y; cursor: crosshair; }
  .plot svg { display: block; }
  .plot text { font-size: 12px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
  .plot text.hover { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 6px; }
  .rule { stroke: var(--line); } .axis, .tick { stroke: var(--quiet); }
  .curve path { fill: none; stroke: var(--idea); stroke-width: 2; stroke-linejoin: round; }
  .curve .fill { fill: var(--idea); stroke: none; opacity: 0.15; }
  .curve circle, .curve rect { fill: var(--idea); }
  .curve rect { opacity: 0.6; }
  .curve.dashed path { stroke-dasharray: 6 4; }
  .curve.pale { opacity: 0.3; }
  .curve.lit path:not(.fill) { stroke-width: 4; } .pointing .curve:not(.lit) { opacity: 0.35; }
  .curve.lit { background: none; }
  .marker line { stroke: var(--idea); stroke-dasharray: 3 3; }
  .marker rect { fill: var(--idea); opacity: 0.1; }
  .marker text { fill: var(--idea); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
  .cursor { stroke: var(--ink); stroke-width: 1.5; } line.hover { stroke: var(--quiet); stroke-dasharray: 2 3; }
  .dot { fill: var(--idea); stroke: var(--paper); stroke-width: 1.5; }

  #next ul, .files { padding: 0; list-style: none; } #next li { margin-bottom: 1rem; }
  .files { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; }
  footer { border-top: 1px solid var(--line); margin-top: 3rem; }

  @media (max-width: 40rem) {
    .timeline { flex-wrap: wrap; gap: 0.4rem 0.75rem; }
    .track { order: 1; flex-basis: 100%; }
  }
  @media print {
    :root { --paper: #fff; --ink: #000; }
    .timeline { position: static; } button, .reading { display: none; }
    figure, table, .formula { break-inside: avoid; }
  }
  """
