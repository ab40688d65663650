import Networks
import Tensors
import Testing

@Suite("WeightMemory") struct WeightMemoryTests {
  private let model = Result { try smallUNet() }
  private let generator = TorchGenerator(seed: 3)

  private func output(_ sample: Tensor, _ memory: WeightMemory? = nil) throws -> [Float] {
    try model.get()(
      sample, timesteps: [70], context: Tensor.zeros([1, 5, 6]), ForwardPass(weightMemory: memory)
    ).elements
  }

  @Test("a pass with what an earlier one left gives the same bits, and keeps no more than it said")
  func memory() throws {
    let memory = WeightMemory()
    for size in [[8, 6], [8, 6], [12, 16]] {
      let sample = generator.normal([1, 4] + size)
      #expect(try output(sample, memory) == output(sample))
    }
    #expect(memory.bytes > 0)
    #expect(try memory.bytes <= WeightMemory.bytes(model.get().parameters))
  }

  @Test("forgets where a parameter was changed")
  func change() throws {
    let sample = generator.normal([1, 4, 8, 6])
    let memory = WeightMemory()
    let before = try output(sample, memory)
    let weight = try #require(
      try model.get().parameters.first { $0.name.hasSuffix("resnets.0.conv1.weight") })
    weight.value = weight.value.scaled(by: 2)
    let after = try output(sample, memory)
    #expect(after != before)
    #expect(try output(sample) == after)
  }

  @Test("fast is chosen for many passes where an eighth of the free memory holds what is kept")
  func choice() throws {
    let parameters = try model.get().parameters
    let bytes = WeightMemory.bytes(parameters)
    #expect(bytes > 0)
    #expect(MemoryUse(fitting: parameters, passes: 128, in: 8 * bytes) == .fast)
    #expect(MemoryUse(fitting: parameters, passes: 127, in: 8 * bytes) == .lean)
    #expect(MemoryUse(fitting: parameters, passes: 128, in: 8 * bytes - 8) == .lean)
    #expect(MemoryUse(fitting: parameters, passes: 128, in: nil) == .lean)
    // Stable Diffusion v1 has more than a hundred of these.
    let wide = Parameter(name: "conv.weight", shape: [1280, 2560, 3, 3]) {
      Tensor.zeros([1280, 2560, 3, 3])
    }
    #expect(MemoryUse(fitting: [wide], passes: 1000, in: 1 << 50) == .lean)
  }
}
