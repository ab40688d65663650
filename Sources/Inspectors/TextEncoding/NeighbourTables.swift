import Networks
import Pages
import Records

/// Learned words among their neighbours, as tables and on the page.
enum NeighbourTables {
  /// A row for each neighbour of each vector, nearest first.
  static func file(_ neighbours: TokenNeighbours) -> CSVTable {
    let rows = neighbours.vectors.flatMap { vector in
      vector.nearest.enumerated().map { (vector: vector, rank: $0 + 1, near: $1) }
    }
    return CSVTable(
      rows,
      [
        Column("word", \.vector.word), Column("vector", \.vector.index),
        Column("id", \.vector.id), Column("norm", \.vector.norm), Column("rank", \.rank),
        Column("neighbour_id", \.near.id), Column("neighbour", \.near.token),
        Column("cosine", \.near.cosine),
      ])
  }

  fileprivate static var columns: [Column<TokenNeighbours.Vector>] {
    [
      Column("word", \.word).shown(as: "word"),
      Column("vector", \.index).shown(as: "vector"),
      Column("id", \.id).shown(as: "id"),
      Column("norm", \.norm).shown(as: "length", .decimals(3)),
      Column("nearest") { $0.nearest.first?.token ?? "" }
        .shown(as: "nearest tokens, and the cosine") { .prose(nearest($0)) },
    ]
  }

  private static func nearest(_ vector: TokenNeighbours.Vector) -> Prose {
    vector.nearest.prefix(5).reduce("") { line, near in
      let cosine = NumberFormat.decimals(2).text(near.cosine)
      return "\(line) \(code: near.token.replacing(ByteAlphabet.endOfWord, with: "")) \(cosine)"
    }
  }

  /// How many of `values` fall in each of as many equal parts of their range; x is the middle.
  fileprivate static func histogram(
    _ values: [Double], in range: ClosedRange<Double>, parts: Int = 40
  ) -> (x: [Double], y: [Double]) {
    let width = (range.upperBound - range.lowerBound) / Double(parts)
    var counts = [Double](repeating: 0, count: parts)
    for value in values where range.contains(value) && width > 0 {
      counts[min(Int((value - range.lowerBound) / width), parts - 1)] += 1
    }
    return (counts.indices.map { range.lowerBound + (Double($0) + 0.5) * width }, counts)
  }
}

extension TokenNeighbours {
  /// How many vectors the page shows; neighbours.csv has all.
  private static let mostShown = 12

  /// The learned words: how long their vectors are, and what they are like.
  var section: Section {
    let shown = Array(vectors.prefix(Self.mostShown))
    let chosen = Axis(
      "learned vector",
      choices: shown.map { vector in
        let isAlone = vectors.count { $0.word == vector.word } == 1
        return isAlone ? vector.word : "\(vector.word) \(vector.index)"
      })
    return Section("Learned words") {
      Text(
        """
        Somebody taught this encoder \(Prose(words)): only rows of its table of tokens were \
        learned, everything else stood still. Such a row need not lie where the words of the \
        vocabulary lie: it is often longer, and like none of them. A word of several vectors takes as \
        many places of the prompt.
        """)
      if chosen.count > 1 { Choice(chosen) }
      Row {
        lengths(shown, chosen)
        likeness(shown, chosen)
      }
      Table(
        vectors.count > shown.count
          ? "The first \(shown.count) of \(vectors.count) vectors" : "The learned vectors",
        shown, NeighbourTables.columns, follows: chosen)
    }
  }

  private var words: String {
    var counts: [(word: String, count: Int)] = []
    for vector in vectors {
      if vector.index == 0 { counts.append((vector.word, 0)) }
      counts[counts.count - 1].count += 1
    }
    return counts.map { "“\($0.word)” (\($0.count) vector\($0.count == 1 ? "" : "s"))" }
      .joined(separator: ", ")
  }

  private func lengths(_ shown: [Vector], _ chosen: Axis) -> Chart {
    let all = norms + shown.map(\.norm)
    let bars = NeighbourTables.histogram(norms, in: (all.min() ?? 0)...(all.max() ?? 1))
    return Chart(
      "How long it is, among the tokens of the vocabulary", x: .linear("length"),
      y: .linear("tokens"),
      curves: [
        Curve(
          of: Quantity("‖E‖", "tokens of that length", .condition), x: bars.x, y: bars.y,
          style: .bars)
      ],
      markers: [.x(.over(chosen, shown.map(\.norm)), "learned", .prediction)])
  }

  private func likeness(_ shown: [Vector], _ chosen: Axis) -> Chart {
    let bars = shown.map { NeighbourTables.histogram($0.cosines, in: -1...1) }
    return Chart(
      "How like the tokens of the vocabulary it is", x: .linear("cosine", in: -1...1),
      y: .linear("tokens"),
      curves: [
        Curve(
          of: Quantity("cos", "tokens of that cosine", .condition), x: .fixed(bars[0].x),
          y: .over(chosen, bars.map(\.y)), style: .bars)
      ],
      markers: [
        .x(
          .over(chosen, shown.map { $0.nearest.first?.cosine ?? 0 }), "nearest", .prediction)
      ])
  }
}
