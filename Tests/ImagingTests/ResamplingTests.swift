import Imaging
import Tensors
import Testing

@Suite("resampling") struct ResamplingTests {
  @Test("agrees with Pillow's resize in floating point")
  func golden() throws {
    for wanted in try Golden.load().resized {
      let filter: ResamplingFilter = wanted.filter == "area" ? .area : .bicubic
      let values = Golden.picture(wanted.from, "hash")
        .resized(height: wanted.to[0], width: wanted.to[1], filter).elements
      let error = zip(wanted.indices, wanted.values).map { abs(Double(values[$0]) - $1) }.max()
      #expect(try #require(error) < 1e-6, "\(wanted.filter) \(wanted.from) to \(wanted.to)")
    }
  }

  @Test("a plain picture stays plain, and the area filter keeps the mean")
  func constants() {
    let plain = Tensor([2, 3, 9, 14], repeating: 0.3)
    for filter in [ResamplingFilter.area, .bicubic, .lanczos] {
      let resized = plain.resized(height: 5, width: 31, filter)
      #expect(resized.shape == [2, 3, 5, 31])
      #expect(resized.maxAbsDifference(from: Tensor([2, 3, 5, 31], repeating: 0.3)) < 1e-6)
    }
    let picture = Golden.picture([64, 48], "hash")
    let half = picture.resized(height: 32, width: 24, .area)
    #expect(abs(picture.moments.mean - half.moments.mean) < 1e-6)
  }

  @Test("detail finer than the new pixels averages away, it does not alias")
  func antialiasing() {
    let stripes = Tensor([1, 1, 64, 64], (0..<4096).map { $0 % 2 == 0 ? 1 : -1 })
    let small = stripes.resized(height: 20, width: 20)
    #expect(small.slice(2..<18, along: 3).maxAbs < 0.05)
  }

  @Test("sides become multiples; the middle is cropped; covering fills exactly")
  func fitting() {
    let picture = Golden.picture([37, 53], "waves")
    #expect(picture.resizedToMultiple(of: 8).shape == [1, 1, 32, 48])
    #expect(picture.slice(0..<3, along: 2).resizedToMultiple(of: 8).shape == [1, 1, 8, 48])
    let cropped = picture.centerCropped(height: 11, width: 12)
    #expect(cropped[0, 0, 0, 0] == picture[0, 0, 13, 20])
    #expect(picture.covering(height: 32, width: 32).shape == [1, 1, 32, 32])
    #expect(picture.covering(height: 100, width: 3).shape == [1, 1, 100, 3])
  }

  @Test("covering makes the middle of the resized picture, bit for bit", arguments: [32, 61, 200])
  func middle(height: Int) {
    let picture = Golden.picture([37, 53], "waves")
    for width in [7, 53, 90] {
      let scale = max(Double(height) / 37, Double(width) / 53)
      let (rows, columns) = (37 * scale, 53 * scale)
      let whole = picture.resized(height: Int(rows.rounded()), width: Int(columns.rounded()))
      let middle = whole.centerCropped(height: height, width: width)
      #expect(picture.covering(height: height, width: width).elements == middle.elements)
    }
  }
}
