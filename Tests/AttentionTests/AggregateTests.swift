import Attention
import GoldenSupport
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Published aggregates") struct AggregateTests {
  static let places = ["down": AttentionLayer.Place.down, "mid": .mid, "up": .up]

  /// A made-up U-Net with a latent of 32×32.
  private func synthetic() throws -> (AttentionSums, [String: Tensor]) {
    let tensors = try Golden.load("attention")
    let layers = try Examples.golden().synthetic.enumerated().map { index, layer in
      AttentionLayer(
        path: "\(index)", name: "\(index)", kind: .cross,
        place: try #require(Self.places[layer.place]),
        heads: try #require(tensors["synthetic/0/\(index)"]).shape[0], height: layer.height,
        width: layer.width)
    }
    func step(_ step: Int) throws -> [Tensor] {
      try layers.indices.map { try #require(tensors["synthetic/\(step)/\($0)"]) }
    }
    let (first, last) = try (step(0), step(1))
    return (
      AttentionSums(
        layers: layers, sums: zip(first, last).map { $0 + $1 }, last: last, steps: 2,
        latent: (32, 32)), tensors
    )
  }

  @Test("agree with their formulas on given matrices", arguments: Aggregate.allCases)
  func synthetic(aggregate: Aggregate) throws {
    let (sums, golden) = try synthetic()
    let maps = try #require(sums.maps(aggregate))
    let expected = try #require(golden["aggregate/synthetic/\(aggregate.rawValue)"])
    #expect(Examples.difference(maps, expected) <= 1e-4)
    // None of them is another one by accident.
    for other in Aggregate.allCases where other != aggregate {
      #expect(Examples.difference(try #require(sums.maps(other)), expected) > 1e-3)
    }
  }

  @Test("agree on matrices of a run that is not square", arguments: Aggregate.allCases)
  func ofRun(aggregate: Aggregate) throws {
    let golden = try Golden.load("attention")
    let run = try Examples.run { $0.selection.timesteps = [751, 251, 1] }
    let ledger = run.conditional
    let sums = AttentionSums(
      layers: ledger.layers, sums: ledger.sums.compactMap(\.self),
      last: ledger.last.compactMap(\.self), steps: ledger.seen.count, latent: (6, 10))
    let maps = try #require(sums.maps(aggregate)).rows(0..<16)
    let expected = try #require(golden["aggregate/run/\(aggregate.rawValue)"])
    #expect(Examples.difference(maps, expected) <= 1e-4)
  }

  @Test("the plain mean sums to 1 over the tokens at every pixel")
  func sumToOne() throws {
    let mean = try #require(synthetic().0.maps(.mean))
    let total = (0..<mean.shape[0]).reduce(Tensor.zeros([1, 32, 32])) {
      $0 + mean.rows($1..<$1 + 1)
    }
    #expect(total.maxAbsDifference(from: .ones([1, 32, 32])) < 1e-5)
  }

  @Test("Prompt-to-Prompt and Attend-and-Excite look at 16×16, or at what comes nearest")
  func squares() throws {
    let (sums, _) = try synthetic()
    #expect(sums.squareLayers { $0.place != .mid } == [1, 5])
    #expect(sums.squareLayers { $0.place == .mid } == [3])
    #expect(sums.squareLayers { _ in false } == [])
  }

  @Test("a word of several tokens is their mean; DAAM also joins its occurrences")
  func words() throws {
    let run = try Examples.run(request: { $0.prompt = "a xylophone and a boat" })
    let columns = run.columns
    let word = try #require(columns.columns(of: "Xylophone").first)
    #expect(columns.columns[word].positions.count > 1)
    let articles = columns.columns(of: "a")
    #expect(articles.count == 2)
    for maps in run.heatmaps {
      let (first, second) = (
        try #require(maps.maps[articles[0]]), try #require(maps.maps[articles[1]])
      )
      #expect((first.maxAbsDifference(from: second) == 0) == (maps.aggregate == .daam))
    }
    // Nothing is lost: all columns together hold every token once.
    #expect(columns.columns.flatMap(\.positions).sorted() == Array(0..<77))
  }
}
