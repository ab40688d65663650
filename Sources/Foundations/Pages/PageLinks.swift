import Foundation
import Records

/// Where a page leads: to the tour that it lies in, to the stops before and after it, and to its
/// notebook.
public struct PageLinks: Sendable, Equatable {
  /// Addresses relative to the page.
  public struct Link: Sendable, Equatable {
    let words: String
    let address: String
  }

  /// The tour's page.
  public private(set) var tour: Link?
  /// The stop before this one.
  public private(set) var previous: Link?
  /// The stop after this one.
  public private(set) var next: Link?
  /// The text that goes with the page.
  public private(set) var notebook: Link?

  /// A page that leads nowhere.
  public init() {}

  /// What can be reached from a page.
  /// - Parameters:
  ///   - executable: whose page it is.
  ///   - folder: the run folder that the page will stand in, absolute.
  ///   - isPartOfTour: whether a tour is at work that puts its page and all stops beside this folder;
  ///     otherwise what already stands there is linked.
  ///   - notebook: finds a bundled file by its path in the repository, see `Installation`.
  public init(
    of executable: String, in folder: String, isPartOfTour: Bool,
    notebook: (String) -> String? = Installation.current.file
  ) {
    let parent = URL(fileURLWithPath: folder).deletingLastPathComponent()
    func page(_ name: String) -> String? {
      let place = parent.appendingPathComponent(name).path
      let isThere = isPartOfTour || Manifest.of(folder: place)?.executable == name
      return isThere ? "../\(name)/index.html" : nil
    }
    let stop = LearningOrder.stop(executable)
    if let file = stop.flatMap({ notebook($0.notebook) }) {
      self.notebook = Link(words: "Notebook", address: Self.address(of: file, from: folder))
    }
    guard executable != "tour", let tour = page("tour") else { return }
    self.tour = Link(words: "The tour", address: tour)
    let stops = LearningOrder.stops
    guard let index = stops.firstIndex(where: { $0.executable == executable }) else { return }
    func link(_ index: Int) -> Link? {
      guard stops.indices.contains(index) else { return nil }
      return page(stops[index].executable).map { Link(words: stops[index].label, address: $0) }
    }
    (previous, next) = (link(index - 1), link(index + 1))
  }

  /// The way from a folder to a file as a relative address.
  static func address(of file: String, from folder: String) -> String {
    let target = URL(fileURLWithPath: file).standardizedFileURL.pathComponents
    let start = URL(fileURLWithPath: folder).standardizedFileURL.pathComponents
    let common = zip(target, start).prefix { $0 == $1 }.count
    let parts = Array(repeating: "..", count: start.count - common) + target.dropFirst(common)
    return Page.link(parts.joined(separator: "/"))
  }

  // MARK: Markup

  /// All ways, for the top of a page.
  /// - Parameter hasGlossary: whether the page has one to go to.
  func top(hasGlossary: Bool) -> HTML {
    let glossary = hasGlossary ? Link(words: "Glossary", address: "#glossary") : nil
    return Self.nav("Where this page leads", steps + [notebook, glossary].map { ($0, "") })
  }

  /// The ways to other pages, for the end of one.
  var bottom: HTML { Self.nav("Where to go on", steps) }

  private var steps: [(Link?, rel: String)] {
    [(tour, "up"), (previous, "prev"), (next, "next")]
  }

  private static func nav(_ name: String, _ links: [(link: Link?, rel: String)]) -> HTML {
    let items = links.compactMap { link, rel -> HTML? in
      guard let link else { return nil }
      let words =
        switch rel {
        case "prev": "← \(link.words)"
        case "next": "\(link.words) →"
        default: link.words
        }
      let attribute: HTML = rel.isEmpty ? "" : " rel=\"\(rel)\""
      return "<a href=\"\(link.address)\"\(attribute)>\(words)</a>"
    }
    return items.isEmpty ? "" : "<nav class=\"ways\" aria-label=\"\(name)\">\(items)</nav>\n"
  }
}
