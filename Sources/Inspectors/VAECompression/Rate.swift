import Foundation
import Networks
import Tensors

/// How many bits a latent takes.
package struct Rate: Sendable {
  /// The measured size of the whole latent.
  package let bits: Double
  /// What it takes at most: h·w·log₂ of the codebook for VQ; nil where there is no such bound.
  package let upperBound: Double?
  /// For KL, the bits of each channel at one place of the latent, on average.
  package let bitsOfChannels: [Double]
  /// How often each code of a codebook is used.
  package let codeCounts: [Int]

  package init(
    bits: Double, upperBound: Double? = nil, bitsOfChannels: [Double] = [], codeCounts: [Int] = []
  ) {
    (self.bits, self.upperBound) = (bits, upperBound)
    (self.bitsOfChannels, self.codeCounts) = (bitsOfChannels, codeCounts)
  }

  /// The bits of KL(q(z | x) ‖ N(0, I)): what a draw from the posterior says beyond the prior, and what
  /// bits-back coding would take to send it (Hinton, van Camp 1993; arXiv:1901.04866).
  package init(of posterior: DiagonalGaussian) {
    let bits = posterior.divergenceBits
    let places = max(bits.shape[2] * bits.shape[3] * bits.shape[0], 1)
    let channels = (0..<bits.shape[1]).map {
      bits.slice($0..<$0 + 1, along: 1).moments.mean * Double(places)
    }
    self.init(
      bits: channels.reduce(0, +), bitsOfChannels: channels.map { $0 / Double(places) })
  }

  /// The entropy of the codes' use in this latent, and its upper bound.
  ///
  ///     bits = −Σ_k n_k · log₂(n_k / n)  ≤  n · log₂ K
  ///
  /// - Parameters:
  ///   - codes: one for each place.
  ///   - size: K.
  package init(codes: [Int], of size: Int) {
    var counts = [Int](repeating: 0, count: size)
    for code in codes { counts[code] += 1 }
    self.init(
      bits: Entropy.bits(counts), upperBound: Double(codes.count) * log2(Double(size)),
      codeCounts: counts)
  }

  /// How many codes are used at all.
  package var codesInUse: Int { codeCounts.count { $0 > 0 } }
}

extension DiagonalGaussian {
  /// ½ (μ² + σ² − 1 − ln σ²) / ln 2 for each value: KL(q ‖ N(0, 1)) in bits, shape of the mean.
  package var divergenceBits: Tensor {
    Tensor(mean.shape) { out in
      mean.withUnsafeElements { means in
        logVariance.withUnsafeElements { logs in
          for i in 0..<out.count {
            let (mean, log) = (Double(means[i]), Double(logs[i]))
            out[i] = Float(0.5 * (mean * mean + exp(log) - 1 - log) / M_LN2)
          }
        }
      }
    }
  }
}

/// Shannon's entropy of what was counted.
package enum Entropy {
  /// The bits of all symbols together, coded by how often each of them occurs.
  package static func bits(_ counts: some Sequence<Int>) -> Double {
    var (total, sum) = (0, 0.0)
    for count in counts where count > 0 {
      total += count
      sum += Double(count) * log2(Double(count))
    }
    return total > 0 ? max(Double(total) * log2(Double(total)) - sum, 0) : 0
  }

  /// The same of symbols that are whole numbers.
  package static func bits(of symbols: [Int32]) -> Double {
    guard let low = symbols.min(), let high = symbols.max() else { return 0 }
    guard Int(high) - Int(low) < max(1 << 16, symbols.count) else {
      return bits(Dictionary(symbols.map { ($0, 1) }, uniquingKeysWith: +).values)
    }
    var counts = [Int](repeating: 0, count: Int(high) - Int(low) + 1)
    for symbol in symbols { counts[Int(symbol) - Int(low)] += 1 }
    return bits(counts)
  }
}

/// A uniform quantiser: the step from one level to the next is one of a grid, a factor of 2^⅛ apart.
package enum QuantizerGrid {
  /// Fine enough to be lossless in 8 bits, and coarse enough to leave nothing.
  package static let indices = -80...56

  package static func step(_ index: Int) -> Float { Float(pow(2, Double(index) / 8)) }

  /// The finest step at which `isEnough` holds, which holds from some step on.
  /// - Returns: the coarsest of all where it never holds.
  package static func finest(_ isEnough: (Int) -> Bool) -> Int {
    var (low, high) = (indices.lowerBound, indices.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isEnough(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The finest step at which an error is above a limit, which grows about as the square of the step:
  /// from one error follows where the limit lies, so that few steps are tried.
  /// - Parameters:
  ///   - limit: above zero where the guesses are to be good; it is found in any case.
  ///   - error: at a step; above the limit from some step on.
  /// - Returns: the coarsest of all where it is never above the limit.
  package static func finest(exceeding limit: Double, _ error: (Int) -> Double) -> Int {
    var (low, high) = (indices.lowerBound, indices.upperBound)
    var (guess, guesses) = (low + (high - low) / 2, 0)
    while low < high {
      let index = min(max(guess, low), high - 1)
      let found = error(index)
      if found > limit { high = index } else { low = index + 1 }
      let distance = 4 * log2(limit / found)
      guesses += 1
      // Four guesses are enough where the error grows as it should.
      guess =
        guesses < 4 && distance.isFinite
        ? index + Int(max(-200, min(200, distance.rounded(.up)))) : low + (high - low) / 2
    }
    return low
  }
}

extension Tensor {
  /// The level of each element at a step of the grid; what is no number has the highest.
  package func levels(at index: Int) -> [Int32] {
    let step = QuantizerGrid.step(index)
    return withUnsafeElements { $0.map { Int32(max(-1e9, min(1e9, ($0 / step).rounded()))) } }
  }

  /// Each element rounded to its level.
  package func quantized(at index: Int) -> Tensor {
    let step = QuantizerGrid.step(index)
    return map { ($0 / step).rounded() * step }
  }
}
