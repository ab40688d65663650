import Tensors

extension Tensor {
  /// Pictures made larger until height and width are multiples of `unit`, by repeating their last row
  /// and their last column; `cropped` takes the addition off again.
  /// - Precondition: shape [B, C, H, W], nothing empty.
  public func paddedToMultiple(of unit: Int) -> Tensor {
    precondition(rank == 4 && count > 0 && unit > 0, "cannot pad \(shape) to multiples of \(unit)")
    let (height, width) = (shape[2], shape[3])
    let (newHeight, newWidth) = (
      (height + unit - 1) / unit * unit, (width + unit - 1) / unit * unit
    )
    if height == newHeight && width == newWidth { return self }
    return Tensor([shape[0], shape[1], newHeight, newWidth]) { out in
      withUnsafeElements { source in
        for row in 0..<shape[0] * shape[1] * newHeight {
          let (plane, y) = (row / newHeight, min(row % newHeight, height - 1))
          let (from, to) = ((plane * height + y) * width, row * newWidth)
          for x in 0..<newWidth { out[to + x] = source[from + min(x, width - 1)] }
        }
      }
    }
  }

  /// The upper left part of pictures.
  public func cropped(height: Int, width: Int) -> Tensor {
    cropped(rows: 0..<height, columns: 0..<width)
  }

  /// A part of pictures.
  /// - Precondition: shape [B, C, H, W]; the part lies inside.
  public func cropped(rows: Range<Int>, columns: Range<Int>) -> Tensor {
    precondition(
      rank == 4 && rows.lowerBound >= 0 && columns.lowerBound >= 0
        && rows.upperBound <= shape[2] && columns.upperBound <= shape[3],
      "cannot crop \(shape) to rows \(rows), columns \(columns)")
    if rows.count == shape[2] && columns.count == shape[3] { return self }
    return slice(rows, along: 2).slice(columns, along: 3)
  }
}

extension Image {
  /// A part of the picture.
  /// - Precondition: it lies inside and is not empty.
  public func cropped(rows: Range<Int>, columns: Range<Int>) -> Image {
    precondition(
      rows.lowerBound >= 0 && columns.lowerBound >= 0 && rows.upperBound <= height
        && columns.upperBound <= width,
      "cannot crop \(width)×\(height) to rows \(rows), columns \(columns)")
    let run = columns.count * channels.rawValue
    return Image(width: columns.count, height: rows.count, channels: channels) { out in
      pixels.withUnsafeBufferPointer { pixels in
        for (line, y) in rows.enumerated() {
          let from = (y * width + columns.lowerBound) * channels.rawValue
          for i in 0..<run { out[line * run + i] = pixels[from + i] }
        }
      }
    }
  }
}
