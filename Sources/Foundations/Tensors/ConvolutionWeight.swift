import CKernels
import Foundation

/// The weight of a convolution, in the layout that the kernels read.
///
/// A checkpoint stores [Cout, Cin, kh, kw]. The kernels want it in another order, which depends on
/// the algorithm. The weight is reordered when it is first used, and the original is then let go, so
/// that it is in memory once.
public final class ConvolutionWeight: @unchecked Sendable {
  /// [Cout, Cin, kh, kw].
  public let shape: [Int]
  public var outputChannels: Int { shape[0] }
  public var inputChannels: Int { shape[1] }

  private enum Layout {
    /// [Cout, Cin, kh, kw].
    case original(Tensor)
    /// [Cout, kh·kw·Cin]: the rows of a matrix product with gathered windows.
    case rows(Tensor)
    /// [Cout/32, Cin·kh·kw, 32], zeros beyond the last output channel: what Winograd transforms.
    case panels(Tensor)
  }
  private let lock = NSLock()
  private var layout: Layout

  /// - Parameter weight: shape [Cout, Cin, kh, kw].
  public init(_ weight: Tensor) {
    precondition(weight.rank == 4, "a convolution weight [Cout, Cin, kh, kw], not \(weight.shape)")
    shape = weight.shape
    layout = .original(weight)
  }

  /// The weight as a checkpoint stores it, [Cout, Cin, kh, kw].
  public var tensor: Tensor { lock.withLock { original() } }

  package var rows: Tensor {
    lock.withLock {
      if case .rows(let rows) = layout { return rows }
      let weight = original()
      let matrix = [shape[0], shape[2] * shape[3] * shape[1]]
      guard shape[2] * shape[3] > 1 else { return weight.reshaped(matrix) }
      let rows = Tensor.toChannelsLast(weight.reshaped([shape[0], shape[1], -1])).reshaped(matrix)
      replaceLayout(by: .rows(rows))
      return rows
    }
  }

  package var panels: Tensor {
    lock.withLock {
      if case .panels(let panels) = layout { return panels }
      let weight = original()
      let (count, window, lanes) = (panelCount, shape[1] * shape[2] * shape[3], panelWidth)
      let panels = Tensor([count, window, lanes]) { out in
        if shape[0] % lanes != 0 { out[((count - 1) * window * lanes)...].update(repeating: 0) }
        weight.withUnsafeElements { weight in
          guard let from = weight.baseAddress, let to = out.baseAddress else { return }
          Threads.each(count) { panel in
            let first = panel * lanes * window
            ck_transpose(
              from + first, window, to + first, lanes, min(lanes, shape[0] - panel * lanes),
              window)
          }
        }
      }
      replaceLayout(by: .panels(panels))
      return panels
    }
  }

  private var panelWidth: Int { Int(CK_WINOGRAD_PANEL) }
  private var panelCount: Int { (shape[0] + panelWidth - 1) / panelWidth }

  private func original() -> Tensor {
    switch layout {
    case .original(let weight): return weight
    case .rows(let rows):
      return Tensor.toChannelsFirst(rows.reshaped([shape[0], shape[2] * shape[3], shape[1]]))
        .reshaped(shape)
    case .panels(let panels):
      let window = shape[1] * shape[2] * shape[3]
      return Tensor(shape) { out in
        panels.withUnsafeElements { panels in
          guard let from = panels.baseAddress, let to = out.baseAddress else { return }
          Threads.each(panelCount) { panel in
            let first = panel * panelWidth * window
            ck_transpose(
              from + first, panelWidth, to + first, window, window,
              min(panelWidth, shape[0] - panel * panelWidth))
          }
        }
      }
    }
  }

  private func replaceLayout(by layout: Layout) {
    if case .original(let weight) = self.layout, let source = weight.storage.owner as? PageSource {
      source.discard(
        UnsafeRawBufferPointer(start: weight.storage.base, count: weight.storage.count * 4))
    }
    self.layout = layout
  }
}
