/// Links to other pages: a picture, a title and the question that each answers.
public struct Cards: Panel {
  public struct Card: Sendable {
    let number: Int?
    let title: String
    let question: Prose
    let address: String
    let picture: Picture?

    /// - Parameter address: the page, relative to this one.
    public init(
      number: Int? = nil, title: String, question: Prose, address: String, picture: Picture? = nil
    ) {
      (self.number, self.title, self.question) = (number, title, question)
      (self.address, self.picture) = (address, picture)
    }
  }

  private let cards: [Card]

  public init(_ cards: [Card]) { self.cards = cards }

  public func html(_ rendering: inout Rendering) -> HTML {
    let items = cards.map { card -> HTML in
      let number: HTML = card.number.map { "<small>\($0 < 10 ? "0" : "")\($0)</small> " } ?? ""
      let picture = card.picture.map { rendering.image(.fixed($0), alt: "") } ?? ""
      return """
        <li><a href="\(card.address)">\(picture)<b>\(number)\(card.title)</b>\
        <span>\(card.question.html(&rendering))</span></a></li>
        """
    }
    return "<ol class=\"cards\">\(items)</ol>"
  }
}
