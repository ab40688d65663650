import Tensors

/// Which channels before a norm hold a constant, a signal, and its negative.
struct NormPlan {
  private let width: Int
  /// Channels of a group.
  private let group: Int
  /// Group by group, the signals that stand in it.
  private let members: [[Int]]

  /// - Precondition: a group has room for a constant and twice its share of the signals.
  init(width: Int, groups: Int, signals: Int) {
    (self.width, group) = (width, width / groups)
    members = (0..<groups).map { Array(stride(from: $0, to: signals, by: groups)) }
    let most = members.map(\.count).max() ?? 0
    precondition(1 + 2 * most <= group, "no room for \(signals) signals in \(groups) groups")
  }

  /// The channel of each signal; the next one holds its negative.
  private var places: [(signal: Int, channel: Int)] {
    members.enumerated().flatMap { number, signals in
      signals.enumerated().map { ($1, number * group + 1 + 2 * $0) }
    }
  }

  /// The 1×1 convolution that lays signals out.
  func layout(_ signals: Tensor, _ constant: Float) -> (weight: Tensor, bias: Tensor) {
    let inputs = signals.shape[1]
    let weight = Tensor.scattered([width, inputs, 1, 1]) { out in
      for (signal, channel) in places {
        for i in 0..<inputs {
          out[channel * inputs + i] = signals[signal, i]
          out[(channel + 1) * inputs + i] = -signals[signal, i]
        }
      }
    }
    return (weight, Tensor([width], (0..<width).map { $0 % group == 0 ? constant : 0 }))
  }

  /// The scale and offset with which the norm's results are what went in, but 0 for the constant.
  func undoing(_ deviations: [Float], _ constant: Float) -> (scale: Tensor, offset: Tensor) {
    let size = Float(group)
    let factors = members.map { signals in
      let signal = signals.reduce(0) { $0 + 2 * deviations[$1] * deviations[$1] } / size
      return (constant * constant * (1 / size - 1 / (size * size)) + signal).squareRoot()
    }
    let isConstant = (0..<width).map { $0 % group == 0 }
    return (
      Tensor([width], (0..<width).map { isConstant[$0] ? 0 : factors[$0 / group] }),
      Tensor([width], (0..<width).map { isConstant[$0] ? 0 : constant / size })
    )
  }

  /// The convolution that takes each negative from its signal, behind SiLU.
  var joined: (weight: Tensor, bias: Tensor) {
    let signals = members.reduce(0) { $0 + $1.count }
    let weight = Tensor.scattered([signals, width, 1, 1]) { out in
      for (signal, channel) in places {
        out[signal * width + channel] = 1
        out[signal * width + channel + 1] = -1
      }
    }
    return (weight, .zeros([signals]))
  }
}
