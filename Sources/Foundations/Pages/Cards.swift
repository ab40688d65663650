/// Links to other pages: a picture, a title and the question that each answers.
public struct Cards: Panel {
  /// A link to one page.
  public struct Card: Sendable {
    let number: Int?
    let title: String
    let question: Prose
    let address: String
    let picture: Picture?
    let isUntrained: Bool

    /// - Parameters:
    ///   - number: of the notebook; nil for none.
    ///   - title: the name of the page.
    ///   - question: what it answers.
    ///   - address: the page, relative to this one.
    ///   - picture: what it shows; nil for none.
    ///   - isUntrained: whether that page shows what random weights made.
    public init(
      number: Int? = nil, title: String, question: Prose, address: String, picture: Picture? = nil,
      isUntrained: Bool = false
    ) {
      (self.number, self.title, self.question) = (number, title, question)
      (self.address, self.picture, self.isUntrained) = (address, picture, isUntrained)
    }
  }

  private let cards: [Card]
  private let isPath: Bool

  /// Cards in the order in which they are read.
  /// - Parameters:
  ///   - cards: from the first to the last.
  ///   - isPath: whether each follows from the one before, so that arrows lead from card to card.
  public init(_ cards: [Card], isPath: Bool = false) { (self.cards, self.isPath) = (cards, isPath) }

  /// The panel's markup.
  public func html(_ rendering: inout Rendering) -> HTML {
    let items = cards.map { card -> HTML in
      let number: HTML = card.number.map { "<small>\($0 < 10 ? "0" : "")\($0)</small> " } ?? ""
      let picture = card.picture.map { rendering.image(.fixed($0), alt: "") } ?? ""
      let stamp: HTML =
        card.isUntrained ? "<em class=\"chip untrained\">UNTRAINED</em>" : ""
      return """
        <li><a href="\(card.address)">\(picture)<b>\(number)\(card.title)</b>\
        <span>\(card.question.html(&rendering))</span> \(stamp)</a></li>
        """
    }
    return "<ol class=\"cards\(isPath ? " path" : "")\">\(items)</ol>"
  }
}
