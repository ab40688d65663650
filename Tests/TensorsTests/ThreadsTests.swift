import CKernels
import Diagnostics
import Dispatch
import Synchronization
import Tensors
import Testing

@Suite("threads", .serialized) struct ThreadsTests {
  /// Runs `body` with each of some thread counts.
  func withThreads<R>(_ counts: [Int], _ body: () -> R) -> [R] {
    counts.map { Threads.with($0, body) }
  }

  @Test("ranges and indices cover everything once", arguments: [0, 1, 2, 7, 1000])
  func cover(count: Int) {
    let hits = withThreads([1, 2, 3, 16]) { () -> Bool in
      let marks = Mutex([Int](repeating: 0, count: count))
      Threads.split(count, grain: 3) { range in
        marks.withLock { for index in range { $0[index] += 1 } }
      }
      Threads.each(count) { index in marks.withLock { $0[index] += 1 } }
      return marks.withLock { $0.allSatisfy { $0 == 2 } }
    }
    #expect(hits.allSatisfy { $0 })
  }

  @Test("work within work, and of several threads at once, is done once each")
  func nested() {
    let marks = Mutex([Int](repeating: 0, count: 3 * 40 * 50))
    DispatchQueue.concurrentPerform(iterations: 3) { asker in
      Threads.with(4) {
        for round in 0..<40 {
          Threads.each(10) { outer in
            Threads.split(5, grain: 1) { range in
              marks.withLock {
                for inner in range { $0[((asker * 40 + round) * 10 + outer) * 5 + inner] += 1 }
              }
            }
          }
        }
      }
    }
    #expect(marks.withLock { $0.allSatisfy { $0 == 1 } })
  }

  @Test("whoever listens hears what every piece of shared work tells, and nobody afterwards")
  func heardFromPieces() {
    var heard: [String] = []
    _ = withThreads([4]) {
      Diagnostics.heard(by: .notices { heard.append($0) }) {
        _ = Threads.map(64) { Notices.tell("\($0)") }
      }
      _ = Threads.map(64) { _ in Notices.tell("later") }
    }
    #expect(Set(heard) == Set((0..<64).map(String.init)) && heard.count == 64)
  }

  @Test("what a piece throws is thrown, and pieces not begun yet are left")
  func thrown() {
    struct Refusal: Error, Equatable { let index: Int }
    let begun = Atomic(0)
    _ = withThreads([1, 4]) {
      #expect(throws: Refusal(index: 2)) {
        try Threads.map(1000) { index in
          begun.add(1, ordering: .relaxed)
          if index == 2 { throw Refusal(index: index) }
        }
      }
    }
    #expect(begun.load(ordering: .relaxed) < 2000)
  }

  @Test("within a piece of shared work one thread is at work, elsewhere as many as there are")
  func here() {
    let within = withThreads([3]) { Threads.map(6) { _ in Threads.here } }
    #expect(within == [Array(repeating: 1, count: 6)])
    #expect(withThreads([3]) { Threads.here } == [3])
  }

  @Test("that holds for work of several threads at once too, most of which cannot have the workers")
  func hereOfMany() {
    let within = Mutex([Int]())
    DispatchQueue.concurrentPerform(iterations: 3) { _ in
      for _ in 0..<200 {
        let threads = Threads.with(3) { Threads.map(6) { _ in Threads.here } }
        within.withLock { $0 += threads }
      }
    }
    #expect(within.withLock { $0 } == Array(repeating: 1, count: 3 * 200 * 6))
    #expect(Threads.with(3) { Threads.here } == 3)
  }

  @Test("workers use the instructions of the thread that asks, and others keep theirs")
  func instructions() {
    let levels = Mutex([ck_isa_level]())
    ck_limit_isa(CK_ISA_PLAIN)
    _ = withThreads([4]) {
      Threads.split(64, grain: 1) { _ in levels.withLock { $0.append(ck_isa()) } }
    }
    ck_limit_isa(CK_ISA_AVX512_BF16)
    let best = ck_isa()
    #expect(levels.withLock { $0 }.allSatisfy { $0 == CK_ISA_PLAIN })
    _ = withThreads([4]) {
      Threads.split(64, grain: 1) { _ in levels.withLock { $0.append(ck_isa()) } }
    }
    #expect(levels.withLock { $0.suffix(4) }.allSatisfy { $0 == best })
  }

  @Test("a network's operations give the same bits with any number of threads")
  func operations() {
    let generator = TorchGenerator(seed: 71)
    let image = generator.normal([2, 30, 30, 64])
    let (kernel, strided) = (generator.normal([70, 64, 3, 3]), generator.normal([40, 64, 3, 3]))
    let tokens = generator.normal([1, 700, 320])
    let (weight, vector) = (generator.normal([500, 320]), generator.normal([64]))
    let results = withThreads([1, 2, 5]) {
      [
        Tensor.convolution2d(image, kernel, padding: Padding(1)),
        Tensor.convolution2d(image, strided, stride: 2, padding: Padding(1)),
        Tensor.linear(tokens, weight),
        Tensor.linear(tokens.rows(0..<1).slice(0..<3, along: 1), weight),
        Tensor.attention(tokens, tokens, tokens, heads: 8, scale: 0.1),
        Tensor.groupNorm(image, groups: 32, weight: vector, bias: vector, epsilon: 1e-5),
        Tensor.softmax(tokens), Tensor.geglu(tokens), Tensor.toChannelsFirst(image),
        Tensor.attentionWeights(tokens, tokens, heads: 8, scale: 0.1),
        Tensor.matrixProduct(weight, tokens.reshaped([700, 320]), transposeB: true),
      ]
    }
    for (index, tensor) in results[0].enumerated() {
      for other in results[1...] {
        let difference = other[index].maxAbsDifference(from: tensor)
        #expect(difference == 0, "operation \(index)")
      }
    }
  }

  @Test("a network's gradients give the same bits with any number of threads")
  func gradients() {
    let generator = TorchGenerator(seed: 72)
    // Weights that are few and many for the Winograd domain, one-step and strided windows.
    let cases = [
      (image: generator.normal([3, 30, 30, 16]), kernel: generator.normal([20, 16, 3, 3]), 1),
      (image: generator.normal([2, 30, 30, 64]), kernel: generator.normal([70, 64, 3, 3]), 1),
      (image: generator.normal([2, 12, 12, 96]), kernel: generator.normal([96, 96, 3, 3]), 1),
      (image: generator.normal([2, 30, 30, 64]), kernel: generator.normal([40, 64, 3, 3]), 2),
    ]
    let tokens = generator.normal([2, 700, 320])
    let (weight, back) = (generator.normal([500, 320]), generator.normal([2, 700, 500]))
    let vector = generator.normal([320])
    let results = withThreads([1, 2, 5]) { () -> [Tensor?] in
      var all: [Tensor?] = []
      for (image, kernel, stride) in cases {
        let y = Tensor.convolution2d(image, kernel, stride: stride, padding: Padding(1))
        let g = Tensor.convolution2dGradients(
          image, kernel, outputGradient: y, stride: stride, padding: Padding(1))
        all += [g.input, g.weight, g.bias]
      }
      let linear = Tensor.linearGradients(tokens, weight, outputGradient: back)
      let attention = Tensor.attentionGradients(
        tokens, tokens, tokens, heads: 8, scale: 0.1, outputGradient: tokens)
      let group = Tensor.groupNormGradients(
        tokens, groups: 32, weight: vector, bias: vector, epsilon: 1e-5, silu: true,
        outputGradient: tokens)
      let layer = Tensor.layerNormGradients(
        tokens, weight: vector, epsilon: 1e-5, outputGradient: tokens)
      return all + [
        linear.input, linear.weight, linear.bias, attention.q, attention.k, attention.v,
        group.input, group.weight, group.bias, layer.input, layer.weight, layer.bias,
      ]
    }
    for (index, tensor) in results[0].enumerated() {
      for other in results[1...] {
        #expect(tensor != nil && other[index]?.elements == tensor?.elements, "gradient \(index)")
      }
    }
  }
}
