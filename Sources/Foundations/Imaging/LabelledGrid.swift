extension Image {
  /// Pictures in rows and columns that have names: what a row shows on its left, what a column shows
  /// above it.
  /// - Parameters:
  ///   - cells: rows of pictures, all rows equally long; a picture is placed at the middle of its
  ///     cell, and all cells are as large as the largest picture.
  ///   - rows: a name for each row, broken at spaces where it is long; all empty for none.
  ///   - columns: a name for each column, likewise.
  ///   - gap: pixels between the cells and around the sheet.
  public static func labelled(
    _ cells: [[Image]], rows: [String], columns: [String], gap: Int = 4
  ) -> Image {
    precondition(
      cells.count == rows.count && cells.allSatisfy { $0.count == columns.count },
      "\(rows.count) × \(columns.count) names for \(cells.map(\.count)) pictures")
    let all = cells.flatMap { $0 }
    let (width, height) = (all.map(\.width).max() ?? 1, all.map(\.height).max() ?? 1)
    let scale = max(1, min(width / 48, 3))
    let heads = columns.map { lines(of: $0, width: width, scale: scale) }
    let sides = rows.map { lines(of: $0, width: max(width, 96 * scale), scale: scale, most: 8) }
    let line = BitmapFont.lineHeight * scale
    let top = gap + (heads.map(\.count).max() ?? 0) * line
    let widest = sides.joined().map { BitmapFont.width(of: $0, scale: scale) }.max() ?? 0
    let left = widest > 0 ? gap + widest + gap : gap
    let rowHeight = max(height, (sides.map(\.count).max() ?? 0) * line)
    var sheet = Image(
      width: left + columns.count * (width + gap), height: top + rows.count * (rowHeight + gap),
      filledWith: .white)
    for (column, head) in heads.enumerated() {
      let x = left + column * (width + gap)
      for (i, text) in head.enumerated() {
        let indent = (width - BitmapFont.width(of: text, scale: scale)) / 2
        sheet.draw(text, x: x + indent, y: gap + i * line, color: .black, scale: scale)
      }
    }
    for (row, pictures) in cells.enumerated() {
      let y = top + row * (rowHeight + gap)
      let indent = (rowHeight - sides[row].count * line) / 2
      for (i, text) in sides[row].enumerated() {
        sheet.draw(text, x: gap, y: y + indent + i * line, color: .black, scale: scale)
      }
      for (column, picture) in pictures.enumerated() {
        sheet.place(
          picture.rgb, x: left + column * (width + gap) + (width - picture.width) / 2,
          y: y + (rowHeight - picture.height) / 2)
      }
    }
    return sheet
  }

  /// The picture over a text.
  /// - Parameters:
  ///   - text: broken at its spaces where it is wider than the picture.
  ///   - scale: pixels per font pixel.
  ///   - room: for how many lines there is room at least, so that pictures with texts of different
  ///     length stay equally high.
  public func captioned(_ text: String, scale: Int = 1, room: Int = 0) -> Image {
    let lines = Self.lines(of: text, width: width, scale: scale)
    let line = BitmapFont.lineHeight * scale
    var image = Image(
      width: width, height: height + max(lines.count, room) * line + scale, filledWith: .white)
    image.place(rgb, x: 0, y: 0)
    for (i, text) in lines.enumerated() {
      let indent = (width - BitmapFont.width(of: text, scale: scale)) / 2
      image.draw(text, x: indent, y: height + scale + i * line, color: .black, scale: scale)
    }
    return image
  }

  /// A text broken at its spaces into lines that fit; longer words, and what would be more lines, are
  /// cut and end in dots.
  /// - Parameters:
  ///   - text: what is broken.
  ///   - width: the room for a line, in pixels.
  ///   - scale: pixels per font pixel.
  ///   - most: how many lines there may be.
  public static func lines(
    of text: String, width: Int, scale: Int = 1, most: Int = 3
  ) -> [String] {
    let limit = max((width / scale + 1) / BitmapFont.advance, 3)
    var lines: [String] = []
    for word in text.split(separator: " ") {
      let fitting = word.count > limit ? word.prefix(limit - 2) + ".." : word
      if let last = lines.last, last.count + 1 + fitting.count <= limit {
        lines[lines.count - 1] = "\(last) \(fitting)"
      } else {
        lines.append(String(fitting))
      }
    }
    guard lines.count > most else { return lines }
    return lines.prefix(most - 1) + [String(lines[most - 1].prefix(limit - 2)) + ".."]
  }
}
