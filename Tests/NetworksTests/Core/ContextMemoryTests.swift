import Networks
import Tensors
import Testing

@Suite("ContextMemory") struct ContextMemoryTests {
  private let model = Result { try smallUNet() }
  private let generator = TorchGenerator(seed: 3)

  private func output(
    _ sample: Tensor, _ context: Tensor, _ memory: ContextMemory? = nil
  ) throws -> Tensor {
    try model.get()(
      sample, timesteps: Array(repeating: 70, count: sample.shape[0]), context: context,
      ForwardPass(memory: memory))
  }

  @Test("a pass with what an earlier one left gives the same numbers, for each context its own")
  func memory() throws {
    let contexts = [generator.normal([2, 5, 6]), generator.normal([2, 5, 6])]
    let memory = ContextMemory()
    for _ in 0..<2 {
      let sample = generator.normal([2, 4, 8, 6])
      for context in contexts {
        let remembered = try output(sample, context, memory)
        #expect(try output(sample, context).maxAbsDifference(from: remembered) == 0)
      }
    }
  }

  @Test("forgets where a parameter was changed")
  func change() throws {
    let (sample, context) = (generator.normal([2, 4, 8, 6]), generator.normal([2, 5, 6]))
    let memory = ContextMemory()
    let before = try output(sample, context, memory)
    let values = try #require(
      try model.get().parameters.first { $0.name.hasSuffix("attn2.to_v.weight") })
    values.value = values.value.scaled(by: 2)
    let after = try output(sample, context, memory)
    #expect(after.maxAbsDifference(from: before) > 0)
    #expect(try output(sample, context).maxAbsDifference(from: after) == 0)
  }

  @Test("images that several contexts share give what each gives by itself")
  func sharing() throws {
    let (samples, contexts) = (generator.normal([2, 4, 8, 6]), generator.normal([4, 5, 6]))
    let shared = try output(samples, contexts)
    let apart = try output(.concatenated([samples, samples], along: 0), contexts)
    #expect(shared.shape == apart.shape)
    #expect(shared.maxAbsDifference(from: apart) <= 1e-6)
    #expect(shared.rows(0..<2).maxAbsDifference(from: shared.rows(2..<4)) > 1e-3)
  }
}
