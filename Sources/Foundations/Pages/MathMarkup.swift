/// Formulas as MathML.
extension Math {
  /// The formula as markup.
  /// - Parameter display: on a line of its own. In a line of text a long formula may be broken after
  ///   its relations and operators, as in a book, so that it fits a narrow page.
  func html(_ rendering: inout Rendering, display: Bool = false) -> HTML {
    if display { return "<math display=\"block\">\(Self.html(node, &rendering))</math>" }
    let pieces = plain.count > Self.shortLine ? Self.breakable(node) : [node]
    return pieces.enumerated().reduce(into: "") { html, piece in
      if piece.offset > 0 { html += "<wbr>" }
      html += "<math>\(Self.html(piece.element, &rendering))</math>"
    }
  }

  /// So many characters stay on one line.
  private static let shortLine = 16

  private static func html(
    _ node: Node, _ rendering: inout Rendering, inScript: Bool = false
  ) -> HTML {
    func inner(_ node: Node) -> HTML { html(node, &rendering, inScript: inScript) }
    func script(_ node: Node) -> HTML { html(node, &rendering, inScript: true) }
    switch node {
    case .identifier(let name): return "<mi>\(name)</mi>"
    case .number(let digits): return "<mn>\(digits)</mn>"
    case .symbol: return row([node], &rendering, inScript)
    case .text(let text): return "<mtext>\(text)</mtext>"
    case .row(let nodes): return "<mrow>\(row(nodes, &rendering, inScript))</mrow>"
    case .root(let node): return "<msqrt>\(inner(node))</msqrt>"
    case .accent(let base, let mark):
      let over: HTML = "<mo stretchy=\"false\">\(mark)</mo>"
      return "<mover accent=\"true\">\(inner(base))\(over)</mover>"
    case .fraction(let above, let below): return "<mfrac>\(inner(above))\(inner(below))</mfrac>"
    case .under(let base, let below): return "<munder>\(inner(base))\(script(below))</munder>"
    case .scripts(let base, let below, let above):
      let parts = inner(base) + (below.map(script) ?? "") + (above.map(script) ?? "")
      let name = below == nil ? "msup" : above == nil ? "msub" : "msubsup"
      return HTML(markup: "<\(name)>") + parts + HTML(markup: "</\(name)>")
    case .term(let node, let quantity, let value, let format):
      let body: HTML = "<mrow\(quantity.attributes)>\(inner(node))</mrow>"
      guard let value else { return body }
      let live = rendering.live(value.texts(format), element: "mtext", padding: .around)
      return """
        <munder class="term"\(quantity.attributes)><munder>\(body)<mo stretchy="true">⏟</mo></munder>\
        \(live)</munder>
        """
    }
  }

  /// The parts of a row, each operator with the form that its place asks for: browsers look at the
  /// first and the last place of a row only.
  private static func row(
    _ nodes: [Node], _ rendering: inout Rendering, _ inScript: Bool
  ) -> HTML {
    var markup: HTML = ""
    var isAfterName = false
    for (node, form) in zip(nodes, forms(of: nodes)) {
      guard case .symbol(let symbol) = node else {
        // A thin space after a name, as in log SNR.
        if isAfterName { markup += "<mspace width=\"0.17em\"></mspace>" }
        markup += html(node, &rendering, inScript: inScript)
        isAfterName = isName(node)
        continue
      }
      isAfterName = false
      let place: HTML = form.map { " form=\"\($0.rawValue)\"" } ?? ""
      // Operators stand close in subscripts: t−1.
      let space: HTML = inScript ? " lspace=\"0\" rspace=\"0\"" : ""
      markup += "<mo\(place)\(space)>\(symbol)</mo>"
    }
    return markup
  }
}

// MARK: - Names

extension Math {
  private static func isName(_ node: Node) -> Bool {
    switch node {
    case .identifier(let name): name.count > 1
    case .scripts(let base, _, _): isName(base)
    default: false
    }
  }
}

// MARK: - Operators and where they stand

extension Math {
  private enum Form: String { case prefix, infix, postfix }

  private static let opening: Set<String> = ["(", "[", "{", "⌈", "⌊", "⟨"]
  private static let closing: Set<String> = [")", "]", "}", "⌉", "⌋", "⟩"]
  private static let relations: Set<String> = [
    "=", "≈", "≤", "≥", "<", ">", "~", "∼", "←", "→", "+", "−", "·", "×", "/", ",", "⊙",
  ]

  /// Bars in pairs are fences; a single one stands between what it separates, as in p(x | y).
  private static func forms(of nodes: [Node]) -> [Form?] {
    func count(_ bar: String) -> Int {
      nodes.filter { if case .symbol(bar) = $0 { true } else { false } }.count
    }
    let pairs = Set(["|", "‖"].filter { count($0).isMultiple(of: 2) })
    var isOpen = false
    return nodes.enumerated().map { position, node in
      guard case .symbol(let symbol) = node else { return nil }
      if opening.contains(symbol) { return .prefix }
      if closing.contains(symbol) { return .postfix }
      if pairs.contains(symbol) {
        isOpen.toggle()
        return isOpen ? .prefix : .postfix
      }
      return position > 0 && (symbol == "|" || relations.contains(symbol)) ? .infix : nil
    }
  }

  /// The formula in pieces between which a line may end: after a relation or an operator that stands
  /// in no bracket.
  private static func breakable(_ node: Node) -> [Node] {
    guard case .row(let nodes) = node else { return [node] }
    var pieces: [[Node]] = [[]]
    var depth = 0
    for (node, form) in zip(nodes, forms(of: nodes)) {
      pieces[pieces.count - 1].append(node)
      if form == .prefix { depth += 1 } else if form == .postfix { depth -= 1 }
      if depth == 0, form == .infix, case .symbol(let symbol) = node, relations.contains(symbol) {
        pieces.append([])
      }
    }
    return pieces.filter { !$0.isEmpty }.map { .row($0) }
  }
}
