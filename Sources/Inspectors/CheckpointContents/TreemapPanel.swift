import Pages

/// The map of modules as boxes with their names, which stay as large as text whatever the page's width.
struct TreemapPanel {
  let map: Treemap

  /// The panel; names that do not fit are cut, and in full where the pointer rests.
  var panel: Custom {
    let tiles = map.tiles.map { tile -> HTML in
      let share = Double(tile.parameters) / Double(max(map.parameters, 1))
      let title =
        "\(tile.path.isEmpty ? tile.name : tile.path): \(Self.count(tile.parameters)), "
        + NumberFormat.percent(1).text(share)
      let isNamed = tile.box.width > 0.05 && tile.box.height > 0.055
      let name: HTML = isNamed ? "<b>\(tile.name)</b>" : ""
      let count: HTML =
        isNamed && !tile.isFrame && tile.box.height > 0.11
        ? "<small>\(Self.count(tile.parameters))</small>" : ""
      return """
        <i class="\(tile.isFrame ? "frame-tile" : "tile")" data-idea="\(tile.idea.rawValue)" \
        style="\(Self.place(tile.box))" title="\(title)">\(name)\(count)</i>
        """
    }
    let words = map.tiles.filter { !$0.isFrame }.prefix(8).map {
      "\($0.path) \(Self.count($0.parameters))"
    }.joined(separator: ", ")
    return Custom(
      markup: """
        <div class="treemap" role="img" aria-label="Parameters by module: \(words)">\(tiles)</div>
        """, data: "", code: PanelCode(style: Self.style))
  }

  private static func place(_ box: Treemap.Box) -> String {
    func percent(_ part: Double) -> String { NumberFormat.decimals(2).text(part * 100) + "%" }
    return "left:\(percent(box.x));top:\(percent(box.y));width:\(percent(box.width));"
      + "height:\(percent(box.height))"
  }

  /// A large number for people: 859.5 M.
  static func count(_ number: Int) -> String {
    let value = Double(number)
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where value >= size {
      let digits = value / size
      return NumberFormat.decimals(digits < 10 ? 2 : digits < 100 ? 1 : 0).text(digits)
        + "\u{202F}\(unit)"
    }
    return String(number)
  }

  /// So many tensors, in words.
  static func tensors(_ number: Int) -> String { "\(number) tensor\(number == 1 ? "" : "s")" }

  /// Bytes for people: 3.44 GB.
  static func bytes(_ number: Int) -> String {
    number < 1000 ? "\(number) bytes" : count(number) + "B"
  }

  private static let style = """
    .treemap { position: relative; width: 100%; aspect-ratio: 16 / 7; margin: 0.5rem 0 1rem; }
    .treemap i {
      position: absolute; overflow: hidden; font-style: normal; line-height: 1.2;
      border: 1px solid var(--paper); border-radius: 3px; font-size: 0.8rem;
    }
    .treemap b, .treemap small {
      display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 1px 4px 0;
    }
    .treemap .tile { background: var(--idea); color: var(--paper); }
    .treemap .frame-tile { background: color-mix(in srgb, var(--idea) 22%, var(--paper)); }
    @media (max-width: 40rem) { .treemap { aspect-ratio: 4 / 5; } .treemap i { font-size: 0.7rem; } }
    """
}
