import Networks
import Tensors
import Testing
import Training

@Suite("Codes that nobody chooses") struct CodebookRevivalTests {
  private func codebook() throws -> Codebook {
    try Codebook(6, 2, in: ParameterScope.random(seed: 1))
  }

  /// Latents far from where codes begin.
  private let latents = TorchGenerator(seed: 2).normal([1, 4, 4, 2]).scaled(by: 0.3, plus: 5)

  @Test("the codebook begins among the latents")
  func beginning() throws {
    let codebook = try codebook()
    let revival = CodebookRevival(codebook, interval: 10, lastStep: 100)
    revival.note([0, 0], of: latents, step: 0, generator: TorchGenerator(seed: 3))
    #expect(codebook.embedding.weight.value.moments.min > 3)
  }

  @Test("only the unused ones move, when it is time and while there is time")
  func moving() throws {
    let codebook = try codebook()
    let table = codebook.embedding.weight
    let revival = CodebookRevival(codebook, interval: 10, lastStep: 20)
    let before = table.value
    for step in 1..<10 {
      revival.note([0, 2, 4], of: latents, step: step, generator: TorchGenerator(seed: 4))
    }
    #expect(table.value.elements == before.elements)
    let share = revival.note([0, 2, 4], of: latents, step: 10, generator: TorchGenerator(seed: 4))
    #expect(share == 0.5)
    for code in 0..<6 {
      let moved =
        table.value.rows(code..<code + 1).elements != before.rows(code..<code + 1).elements
      #expect(moved == (code % 2 == 1), "code \(code)")
    }
    let settled = table.value
    for step in 11...20 {
      revival.note([0], of: latents, step: step, generator: TorchGenerator(seed: 5))
    }
    #expect(table.value.elements == settled.elements)
  }

  @Test("what was counted survives a stop")
  func resume() throws {
    let revival = CodebookRevival(try codebook(), interval: 10, lastStep: 100)
    revival.note([1, 1, 5], of: latents, step: 3, generator: TorchGenerator(seed: 4))
    #expect(revival.savedTensors["uses"]?.elements == [0, 2, 0, 0, 0, 1])
  }
}
