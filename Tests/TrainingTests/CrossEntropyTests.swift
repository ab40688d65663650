import Foundation
import Tensors
import Testing
import Training

@Suite("Cross-entropy") struct CrossEntropyTests {
  private let choices = [0..<3, 3..<5]
  private let labels = [[2, 0], [0, 1], [1, 1]]
  private let logits = TorchGenerator(seed: 3).normal([3, 5])

  private func value(_ logits: Tensor) -> Double {
    CrossEntropy.loss(logits: logits, labels: labels, choices: choices).value
  }

  @Test("equal logits cost the logarithm of the number of classes")
  func uniform() {
    #expect(abs(value(.zeros([3, 5])) - (log(3.0) + log(2.0))) < 1e-12)
  }

  @Test("certainty costs nothing, and its opposite a lot, without overflow")
  func certain() {
    var right = [Float](repeating: 0, count: 15)
    for (row, labels) in labels.enumerated() {
      for (choice, label) in zip(choices, labels) {
        right[row * 5 + choice.lowerBound + label] = 200
      }
    }
    #expect(value(Tensor([3, 5], right)) < 1e-12)
    #expect(value(Tensor([3, 5], right.map { -$0 })) > 60)
  }

  @Test("the gradient is that of finite differences")
  func gradient() {
    let gradient = CrossEntropy.loss(logits: logits, labels: labels, choices: choices).gradient
    for i in 0..<15 {
      func shifted(_ by: Float) -> Double {
        var elements = logits.elements
        elements[i] += by
        return value(Tensor([3, 5], elements))
      }
      let difference = (shifted(1e-2) - shifted(-1e-2)) / 2e-2
      #expect(abs(difference - Double(gradient.elements[i])) < 1e-4)
    }
    #expect(gradient.maxAbs > 0.05)
  }
}
