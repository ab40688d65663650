import JSON
import Networks
import Tensors
import Testing

@Suite("The unmasked transformer τ_θ(y)") struct LDMBertModelTests {
  @Test("agrees with diffusers")
  func golden() throws {
    let golden = try GoldenNetwork("ldm-bert")
    let model = try golden.network(LDMBertModel.self)
    let ids = try golden.integers("ids")
    let rows = stride(from: 0, to: ids.count, by: 10).map { Array(ids[$0..<$0 + 10]) }
    let error = try golden.error(model(rows), "output")
    #expect(error <= 1e-5, "max |Δ| \(error)")
  }

  @Test("every token changes every other, before and behind it")
  func unmasked() throws {
    let model = try GoldenNetwork("ldm-bert").network(LDMBertModel.self)
    let (a, b) = (model([[0, 5, 6, 7, 8, 9]]), model([[0, 5, 6, 17, 8, 9]]))
    for token in 0..<6 {
      let range = token..<token + 1
      #expect(
        a.slice(range, along: 1).maxAbsDifference(from: b.slice(range, along: 1)) > 1e-4)
    }
  }

  @Test("what it writes of itself is what it reads")
  func configuration() throws {
    var configuration = LDMBertConfiguration()
    (configuration.vocabularySize, configuration.width, configuration.layers) = (48, 96, 3)
    (configuration.heads, configuration.headWidth, configuration.positions) = (4, 24, 30)
    let read = try LDMBertConfiguration(JSONNode(configuration.json, file: "memory"))
    #expect(read == configuration)
    configuration.padding = 48
    #expect(throws: JSONError.self) { try configuration.validate(file: "memory") }
  }
}
