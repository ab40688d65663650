extension Image {
  /// Pictures side by side in rows: a contact sheet.
  /// - Parameters:
  ///   - images: any number; each is placed at the middle of its cell, which is as wide as the
  ///     widest and as high as the highest of its row.
  ///   - columns: pictures per row.
  ///   - labels: a line of text under each picture, cut to its cell; empty for none.
  ///   - gap: pixels between the cells and around the sheet.
  ///   - background: the colour of the sheet.
  public static func grid(
    _ images: [Image], columns: Int, labels: [String] = [], gap: Int = 2,
    background: RGB = .white
  ) -> Image {
    precondition(!images.isEmpty && columns > 0, "\(images.count) pictures in \(columns) columns")
    precondition(
      labels.isEmpty || labels.count == images.count,
      "\(labels.count) labels for \(images.count) pictures")
    let columns = min(columns, images.count)
    let cellWidth = images.map(\.width).max() ?? 1
    let lineHeight = labels.isEmpty ? 0 : BitmapFont.lineHeight
    let cellHeights = stride(from: 0, to: images.count, by: columns).map {
      images[$0..<min($0 + columns, images.count)].map(\.height).max() ?? 1
    }
    var sheet = Image(
      width: columns * (cellWidth + gap) + gap,
      height: cellHeights.reduce(gap) { $0 + $1 + lineHeight + gap }, filledWith: background)
    var y = gap
    for (i, image) in images.enumerated() {
      let x = gap + i % columns * (cellWidth + gap)
      let cellHeight = cellHeights[i / columns]
      sheet.place(
        image.rgb, x: x + (cellWidth - image.width) / 2, y: y + (cellHeight - image.height) / 2)
      if !labels.isEmpty {
        let text = labels[i].prefix((cellWidth + 1) / BitmapFont.advance)
        sheet.draw(String(text), x: x, y: y + cellHeight + 1, color: .black)
      }
      if i % columns == columns - 1 { y += cellHeight + lineHeight + gap }
    }
    return sheet
  }

  /// Each pixel as a square of `factor`×`factor`: hard pixels for latents and attention grids.
  public func enlarged(by factor: Int) -> Image {
    precondition(factor >= 1, "enlarged by \(factor)")
    let channels = self.channels.rawValue
    return Image(width: width * factor, height: height * factor, channels: self.channels) { out in
      pixels.withUnsafeBufferPointer { pixels in
        var target = 0
        for y in 0..<height * factor {
          for x in 0..<width * factor {
            let source = (y / factor * width + x / factor) * channels
            for channel in 0..<channels { out[target + channel] = pixels[source + channel] }
            target += channels
          }
        }
      }
    }
  }

  /// The picture under a band with a line of text that cannot be missed: `UNTRAINED` on everything
  /// that untrained weights made. A picture narrower than the text is centred under it.
  public func stamped(_ text: String, background: RGB = RGB(190, 30, 30)) -> Image {
    let textWidth = BitmapFont.width(of: text) + 4
    let scale = max(1, min(width / textWidth, 4))
    let band = (BitmapFont.lineHeight + 2) * scale
    let outer = max(width, textWidth)
    var image = Image(width: outer, height: height + band, filledWith: background)
    image.draw(
      text, x: (outer - BitmapFont.width(of: text, scale: scale)) / 2, y: 2 * scale, color: .white,
      scale: scale)
    image.place(rgb, x: (outer - width) / 2, y: band)
    return image
  }
}
