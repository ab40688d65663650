import Networks
import Tensors
import Testing

@Suite("CLIP text encoder τ_θ(y)") struct CLIPTextModelTests {
  @Test("agrees with transformers", arguments: ["clip-quick-gelu", "clip-gelu"])
  func golden(name: String) throws {
    let golden = try GoldenNetwork(name)
    let model = try golden.network(CLIPTextModel.self)
    let ids = try golden.integers("ids")
    let length = try golden.tensor("ids").shape[1]
    let rows = stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
    let error = try golden.error(model(rows), "output")
    #expect(error <= 1e-5, "max |Δ| \(error)")
  }
}
