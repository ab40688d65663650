import Foundation
import Networks
import Tensors
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
