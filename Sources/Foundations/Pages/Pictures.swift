/// A picture with its caption, perhaps a different one at every step.
public struct Figure: Sendable {
  let quantity: Quantity?
  let caption: Prose?
  let picture: Varying<Picture>
  let note: Varying<String>?

  /// - Parameters:
  ///   - quantity: what it shows; gives the caption and the link to formula and curves.
  ///   - picture: the picture, or one for each step.
  ///   - caption: instead of the quantity's own name.
  ///   - note: a short text under the caption that may change with the step ("PSNR 21.3 dB").
  public init(
    of quantity: Quantity, _ picture: Varying<Picture>, caption: Prose? = nil,
    note: Varying<String>? = nil
  ) {
    (self.quantity, self.picture, self.caption, self.note) = (quantity, picture, caption, note)
  }

  /// A picture of no quantity, under a caption of its own.
  public init(_ caption: Prose, _ picture: Varying<Picture>, note: Varying<String>? = nil) {
    (self.quantity, self.picture, self.caption, self.note) = (nil, picture, caption, note)
  }

  func html(_ rendering: inout Rendering, extra: HTML = "") -> HTML {
    let attributes = quantity?.attributes ?? ""
    let symbol: HTML = quantity.map { "\($0.symbol.html(&rendering)) " } ?? ""
    let text = (caption ?? Prose(words: quantity?.name ?? "")).html(&rendering)
    var note: HTML = note.map { "<span class=\"note\">\(rendering.live($0))</span>" } ?? ""
    if let times = picture.values[0].thickening {
      let words = "shown \(Int(times.rounded())) times as thick as it is"
      note = "\(note)<span class=\"note\">\(words)</span>"
    }
    let alt = caption?.plain ?? quantity.map { "\($0.symbol.plain), \($0.name)" } ?? ""
    return """
      <figure\(attributes)\(extra)>\(rendering.image(picture, alt: alt))\
      <figcaption>\(symbol)\(text)\(note)<span class="reading"></span></figcaption></figure>
      """
  }
}

/// Large pictures side by side. Pointing at one marks the same place in the others and tells the
/// values there.
public struct Pictures: Panel {
  private let figures: [Figure]
  private let columns: Int

  /// - Parameters:
  ///   - figures: in the order of reading.
  ///   - columns: how many stand side by side where there is room.
  public init(_ figures: [Figure], columns: Int? = nil) {
    self.figures = figures
    self.columns = columns ?? figures.count
  }

  /// The figures in a grid of so many columns.
  public func html(_ rendering: inout Rendering) -> HTML {
    let cells = figures.map { $0.html(&rendering) }
    return "<div class=\"pictures\" style=\"--columns:\(columns)\">\(cells)</div>"
  }
}

/// Many small pictures. With `selecting`, each stands for a position of that axis: the current one
/// is marked, and a click or the arrow keys go there.
public struct PictureGrid: Panel {
  private let figures: [Figure]
  private let axis: Axis?
  private let width: Int

  /// - Parameters:
  ///   - figures: from left to right.
  ///   - width: the least width of a picture in CSS pixels.
  ///   - axis: has one position for each figure.
  public init(_ figures: [Figure], width: Int = 96, selecting axis: Axis? = nil) {
    precondition(
      axis.map { $0.count == figures.count } ?? true,
      "\(figures.count) pictures select among \(axis?.count ?? 0) positions")
    (self.figures, self.width, self.axis) = (figures, width, axis)
  }

  /// A film strip: one frame for each position of `axis`.
  public init(strip axis: Axis, _ frames: [Picture], width: Int = 72) {
    let figures = zip(axis.labels, frames).map { Figure(Prose($0), .fixed($1)) }
    self.init(figures, width: width, selecting: axis)
  }

  /// The figures in a grid; with an axis, a list of which one is selected.
  public func html(_ rendering: inout Rendering) -> HTML {
    let select: HTML =
      axis.map {
        " role=\"listbox\" aria-label=\"\($0.name)\" data-selects=\"\(rendering.index(of: $0))\""
      } ?? ""
    let cells = figures.enumerated().map { position, figure -> HTML in
      let extra: HTML = axis == nil ? "" : " role=\"option\" data-position=\"\(position)\""
      return figure.html(&rendering, extra: extra)
    }
    return "<div class=\"many\" style=\"--width:\(width)px\"\(select)>\(cells)</div>"
  }
}
