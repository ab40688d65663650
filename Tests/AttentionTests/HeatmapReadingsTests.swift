import Attention
import Networks
import Tensors
import TestSupport
import Testing

@Suite("What is read off heatmaps") struct HeatmapReadingsTests {
  /// One head of four pixels, whose attention to each token is given.
  private func heatmaps(
    _ prompt: String, _ shares: [String: [Float]]
  ) throws -> (Heatmaps, PromptColumns) {
    let tokenizer = try CLIPTokenizer(folder: Repository.path("fixtures/vocabulary"))
    let columns = PromptColumns(tokenizer.tokenize(prompt))
    let m = columns.tokens.tokens.count
    var matrix = [Float](repeating: 0, count: 4 * m)
    for column in columns.columns {
      for position in column.positions {
        for pixel in 0..<4 { matrix[pixel * m + position] = shares[column.text]?[pixel] ?? 0 }
      }
    }
    let layer = AttentionLayer(
      path: "", name: "", kind: .cross, place: .up, heads: 1, height: 2, width: 2)
    let tensor = Tensor([1, 4, m], matrix)
    let sums = AttentionSums(
      layers: [layer], sums: [tensor], last: [tensor], steps: 1, latent: (2, 2))
    return (try #require(Heatmaps(.mean, of: sums, columns)), columns)
  }

  @Test("what all columns get sums to 1, or the difference is told")
  func sums() throws {
    let even: [String: [Float]] = [
      "start": [0.5, 0.5, 0.5, 0.5], "boat": [0.5, 0.25, 0.5, 0.5], "end": [0, 0.25, 0, 0],
    ]
    let (right, columns) = try heatmaps("boat", even)
    #expect(right.sumResidual(columns) < 1e-6)
    let (wrong, _) = try heatmaps("boat", even.merging(["end": [0, 0.25, 0.1, 0]]) { $1 })
    #expect(abs(wrong.sumResidual(columns) - 0.1) < 1e-6)
    #expect(right.stacked.shape == [columns.count, 2, 2])
  }

  @Test("two words are most alike whose maps rise and fall together, whatever their size")
  func alike() throws {
    let (maps, columns) = try heatmaps(
      "a red boat",
      ["a": [0.1, 0.2, 0.3, 0.4], "red": [0.5, 0.1, 0.4, 0.2], "boat": [0.02, 0.04, 0.06, 0.09]])
    let pair = try #require(maps.mostAlike(columns))
    #expect([pair.first, pair.second].map { columns.columns[$0].text } == ["a", "boat"])
    // Pearson's r of (1, 2, 3, 4) and (2, 4, 6, 9).
    #expect(abs(pair.correlation - 11.5 / (5 * 26.75).squareRoot()) < 1e-5)
  }

  @Test("one word alone, or maps without any change, are like nothing")
  func flat() throws {
    let (one, first) = try heatmaps("boat", ["boat": [0.1, 0.2, 0.3, 0.4]])
    #expect(one.mostAlike(first) == nil)
    let (flat, second) = try heatmaps(
      "a boat", ["a": [0.5, 0.5, 0.5, 0.5], "boat": [0.1, 0.2, 0.3, 0.4]])
    #expect(flat.mostAlike(second) == nil)
  }

  @Test("a hidden word's heir gains most where the word was, not elsewhere")
  func successor() throws {
    let prompt = "a red boat"
    let (before, columns) = try heatmaps(
      prompt,
      ["a": [0.1, 0.1, 0.1, 0.1], "red": [0.2, 0.2, 0.2, 0.2], "boat": [0.6, 0.5, 0.1, 0]])
    let (after, _) = try heatmaps(
      prompt, ["a": [0.5, 0.3, 0.1, 0.1], "red": [0.3, 0.3, 1, 1], "boat": [0, 0, 0, 0]])
    let successor = try #require(
      after.successor(of: columns.columns(of: "boat"), before: before, columns))
    #expect(columns.columns[successor.column].text == "a")
    #expect(abs(successor.gain - 0.3) < 1e-6)
  }
}
