import CKernels

/// Which of its ways a product takes: each gives the same for every shape, and is fast for some.
package enum KernelForm: String, Sendable, CaseIterable {
  /// Fewer than eight rows: threads share the outputs, and the weight is read as it is stored.
  case fewRows = "few-rows"
  /// Rows that stay in the cache: each thread packs some panels of the weight and takes all rows.
  case panels
  /// Many rows: panels of the weight are packed first, then threads take blocks of rows.
  case rows
  /// A convolution as a linear layer over windows, which are gathered where they are multiplied.
  case windows
  /// Winograd's F(4×4, 3×3): the weight is transformed first, then threads take some tiles each.
  case winogradTiles = "winograd-tiles"
  /// The same for a large weight: some tiles at a time are transformed, then threads take its panels.
  case winogradPanels = "winograd-panels"
  /// Attention: keys and values are packed, then threads take blocks of queries.
  case queryBlocks = "query-blocks"

  /// That of a linear layer.
  /// - Parameters:
  ///   - rows: of x.
  ///   - inputs: K, the features of a row.
  package static func linear(rows: Int, inputs: Int) -> KernelForm {
    ck_linear(
      rows: rows, inputs: inputs, outputs: 1, x: nil, weight: ck_numbers(), y: nil
    ).form
  }

  /// That of a convolution.
  /// - Parameters:
  ///   - x: shape [B, H, W, Cin].
  ///   - weight: shape [Cout, Cin, kh, kw].
  ///   - stride: in pixels.
  ///   - padding: the zeros around the image.
  ///   - precision: of x and the weight.
  package static func convolution(
    _ x: [Int], _ weight: [Int], stride: Int, padding: Padding, precision: Precision
  ) -> KernelForm {
    Convolution(x, weight, stride: stride, padding: padding, precision: precision).form
  }
}
