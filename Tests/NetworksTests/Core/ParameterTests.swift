import Checkpoints
import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@Suite("Parameter") struct ParameterTests {
  @Test("its numbers are made once, and not before they are needed")
  func lazy() {
    let made = Counter()
    let parameter = Parameter(name: "w", shape: [2, 3]) {
      made.increment()
      return Tensor.ones([2, 3])
    }
    #expect(parameter.count == 6 && made.value == 0)
    #expect(parameter.value.elements == parameter.value.elements)
    #expect(made.value == 1)
  }

  @Test("numbers of 16 bits stay so until they are changed, but for vectors")
  func halves() throws {
    let numbers: [Float] = [1, -2.5, 0.125, 1024, 3, 7]
    let table = WeightTable(["w": Tensor([2, 3], numbers), "b": Tensor([6], numbers)])
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("halves.safetensors").path
      try SafetensorsFile.write(table, as: .float16, to: path)
      let file = try SafetensorsFile(path)
      let weight = Parameter(weight: "w", shape: [2, 3]) { file.halves("w", [2, 3]) }
      let bias = Parameter(weight: "b", shape: [6]) { file.halves("b", [6]) }
      #expect(weight.weight.isHalf && !bias.weight.isHalf)
      #expect(weight.value.elements == numbers && bias.value.elements == numbers)
      weight.discardPages()
      #expect(weight.value.elements == numbers)
      weight.widen()
      #expect(!weight.weight.isHalf && weight.value.elements == numbers)
      weight.update { tensor in tensor.withUnsafeMutableElements { $0[4] = 0.1 } }
      #expect(weight.value.elements == [1, -2.5, 0.125, 1024, 0.1, 7])
      #expect(try file.tensor(named: "w").elements == numbers)
    }
  }

  @Test("an update is seen by every holder, and leaves earlier reads alone")
  func update() {
    let parameter = Parameter(name: "w", shape: [3]) { Tensor([3], [1, 2, 3]) }
    let before = parameter.value
    parameter.update { tensor in
      tensor.withUnsafeMutableElements { $0[1] = 7 }
    }
    #expect(parameter.value.elements == [1, 7, 3])
    #expect(before.elements == [1, 2, 3])
  }
}

/// Counts from any thread.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  var value: Int { lock.withLock { count } }
  func increment() { lock.withLock { count += 1 } }
}

extension SafetensorsFile {
  fileprivate func halves(_ name: String, _ shape: [Int]) -> Weight {
    (try? weight(named: name)) ?? Weight(.zeros(shape))
  }
}
