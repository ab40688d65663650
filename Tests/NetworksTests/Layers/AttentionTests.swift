import Networks
import Tensors
import Testing

@Suite("Attention(Q, K, V) = softmax(QKᵀ/√d)·V") struct AttentionTests {
  private func attention() throws -> Attention {
    try Attention(8, context: 6, heads: 2, in: ParameterScope.random(seed: 1)["attn2"])
  }
  private let x = TorchGenerator(seed: 2).normal([2, 7, 8])
  private let context = TorchGenerator(seed: 3).normal([2, 5, 6])
  private let site = ProbeSite("attn2", .attentionWeights)

  @Test("rows of the matrix sum to 1, and the product with it is the output")
  func rows() throws {
    let probe = RecordingProbe(keeping: [site, ProbeSite("attn2.product"), ProbeSite("attn2.to_v")])
    let layer = try attention()
    let output = layer(x, context: context, ForwardPass(probe: probe))
    let weights = try #require(probe.values[site])
    #expect(weights.shape == [2, 2, 7, 5])
    let elements = weights.elements
    for row in stride(from: 0, to: elements.count, by: 5) {
      #expect(abs(elements[row..<row + 5].reduce(0, +) - 1) < 1e-5)
    }
    let values = try #require(probe.values[ProbeSite("attn2.to_v")])
    let product = try #require(probe.values[ProbeSite("attn2.product")])
    let sum = (0..<5).reduce(Float(0)) { $0 + weights[1, 1, 3, $1] * values[1, $1, 6] }
    #expect(abs(product[1, 3, 6] - sum) < 1e-6)
    #expect(layer(x, context: context, ForwardPass()).maxAbsDifference(from: output) < 1e-5)
  }

  @Test("an injected matrix is used: attention to one token gives that token's value")
  func injected() throws {
    let layer = try attention()
    let only = Tensor([2, 2, 7, 5]) { out in
      for i in out.indices { out[i] = i % 5 == 4 ? 1 : 0 }
    }
    let probe = ReplacingProbe(site) { $0 = only }
    let output = layer(x, context: context, ForwardPass(probe: probe))
    let last = context.slice(4..<5, along: 1)
    let expected = layer.toOut(layer.toV(last, ForwardPass()), ForwardPass())
    for token in 0..<7 {
      #expect(output.slice(token..<token + 1, along: 1).maxAbsDifference(from: expected) < 1e-5)
    }
  }

  @Test("the autoencoders' attention adds its input")
  func residual() throws {
    let scope = ParameterScope.random(seed: 4)["a"]
    let layer = try ImageAttention(8, groups: 2, epsilon: 1e-6, in: scope)
    let image = TorchGenerator(seed: 5).normal([1, 3, 4, 8])
    for parameter in scope.parameters where parameter.name.hasPrefix("a.to_out.0") {
      parameter.value = Tensor.zeros(parameter.shape)
    }
    #expect(layer(image, ForwardPass()).elements == image.elements)
  }
}
