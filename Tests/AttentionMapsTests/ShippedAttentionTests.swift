import Attention
import GoldenSupport
import LatentDiffusion
import Tensors
import TestSupport
import Testing

/// `fixtures/golden/shipped-attention.py` says what the golden file holds.
@Suite("Attention of the bundled model") struct ShippedAttentionTests {
  private static let prompt =
    "a purple boat and an orange house on the sea under the moon at sunset"

  private func run(_ prompt: String = prompt) throws -> AttentionRun {
    let model = try LatentDiffusionModel(opening: Repository.path("fixtures/model"))
    var request = GenerationRequest(prompt: prompt)
    request.negativePrompt = "a grey tent on the snow at night"
    (request.steps, request.guidanceScale, request.seed) = (10, 3, 42)
    request.sampler = .ddim
    var settings = AttentionSettings()
    (settings.keepsMatrices, settings.listensToNegative) = (true, true)
    return try AttentionRun(Generation(request, with: model), settings)
  }

  private struct Difference {
    var rows, columns, mixed: Float
    var largest: Float { max(rows, columns, mixed) }
  }

  /// How far a matrix [heads, N, M] is from what the golden file has of it.
  private func difference(
    of matrix: Tensor, at path: String, half: PromptHalf, t: Int, in golden: [String: Tensor]
  ) throws -> Difference {
    let (heads, n, m) = (matrix.shape[0], matrix.shape[1], matrix.shape[2])
    let key = "\(half.rawValue)/\(t)/\(path)"
    let chosen = try #require(golden["rows/\(path)"]).elements.map { Int($0) }
    let rows = (0..<heads).flatMap { head in
      chosen.flatMap { row in (0..<m).map { matrix[head, row, $0] } }
    }
    let columns = (0..<heads).flatMap { head in
      (0..<m).map { k in
        Float((0..<n).reduce(0.0) { $0 + Double(matrix[head, $1, k]) } / Double(n))
      }
    }
    let mixture = try #require(golden["mixture"]).reshaped([m, 1])
    let mixed = Tensor.matrixProduct(matrix.reshaped([heads * n, m]), mixture)
    return Difference(
      rows: Tensor([heads, chosen.count, m], rows)
        .maxAbsDifference(from: try #require(golden["\(key)/rows"])),
      columns: Tensor([heads, m], columns)
        .maxAbsDifference(from: try #require(golden["\(key)/columns"])),
      mixed: mixed.reshaped([heads, n])
        .maxAbsDifference(from: try #require(golden["\(key)/mixed"])))
  }

  @Test("is that of diffusers, in every layer and head at three timesteps, for both prompts")
  func golden() throws {
    let golden = try Golden.load("shipped-attention")
    let run = try run()
    var (checked, largest) = (0, Float(0))
    for ledger in [run.conditional, try #require(run.unconditional)] {
      for (layer, matrices) in zip(ledger.layers, ledger.matrices) {
        for (matrix, seen) in zip(matrices, ledger.seen) {
          let t = Int(seen.t)
          guard golden["\(ledger.half.rawValue)/\(t)/\(layer.path)/rows"] != nil else { continue }
          let found = try difference(
            of: matrix, at: layer.path, half: ledger.half, t: t, in: golden)
          #expect(found.largest <= 1e-4, "\(ledger.half), t = \(t), \(layer.name): \(found)")
          largest = max(largest, found.largest)
          checked += 1
        }
      }
    }
    print("attention of the shipped model: at most \(largest) from diffusers'")
    #expect(checked == 7 * 3 * 2)
    #expect(golden.keys.count { $0.hasSuffix("/rows") } == checked)
  }

  @Test("another prompt's, or the other half's, is found out")
  func wrong() throws {
    let golden = try Golden.load("shipped-attention")
    let other = try run("a tree on the grass by day")
    let right = try run()
    let layer = right.conditional.layers.count - 1
    let path = right.conditional.layers[layer].path
    for wrong in [other.conditional, try #require(right.unconditional)] {
      let found = try difference(
        of: wrong.matrices[layer][0], at: path, half: .conditional, t: 901, in: golden)
      #expect(found.rows > 0.05 && found.mixed > 0.01, "\(found)")
    }
  }
}
