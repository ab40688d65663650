/// Pictures in rows and columns that have names, each perhaps another one at every step: what two
/// settings do together.
public struct PictureTable: Panel {
  private let rows: [Prose]
  private let columns: [Prose]
  private let cells: [[Figure]]
  private let corner: Prose

  /// - Parameters:
  ///   - corner: what rows and columns are: "seed by guidance scale".
  ///   - rows: a name for each row.
  ///   - columns: a name for each column.
  ///   - cells: rows of pictures, one for each column; their captions are read out, not shown.
  /// - Precondition: as many rows and columns as names.
  public init(_ corner: Prose, rows: [Prose], columns: [Prose], cells: [[Figure]]) {
    precondition(
      cells.count == rows.count && cells.allSatisfy { $0.count == columns.count },
      "\(rows.count) × \(columns.count) names for \(cells.map(\.count)) pictures")
    (self.corner, self.rows, self.columns, self.cells) = (corner, rows, columns, cells)
  }

  /// A table whose cells are figures; it scrolls where it is wider than the page.
  public func html(_ rendering: inout Rendering) -> HTML {
    let heads = columns.map { "<th scope=\"col\">\($0.html(&rendering))</th>" as HTML }
    let body = zip(rows, cells).map { row, cells -> HTML in
      let pictures = cells.map { "<td>\($0.html(&rendering))</td>" as HTML }
      return "<tr><th scope=\"row\">\(row.html(&rendering))</th>\(pictures)</tr>"
    }
    return """
      <div class="scroll" data-name="Pictures"><table class="picture-table" style="--count:\(columns.count)"><thead><tr>\
      <td class="corner">\(corner.html(&rendering))</td>\(heads)</tr></thead><tbody>\(body)</tbody>\
      </table></div>
      """
  }
}
