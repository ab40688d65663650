import CImageShim
import Foundation

extension Image {
  /// The picture as a JPEG file: baseline, chroma at half its size, Huffman tables fitted to it. Grey
  /// becomes RGB.
  ///
  /// - Parameter quality: 1 to 100 as libjpeg counts it, which scales the quantisation tables of
  ///   ITU-T T.81, annex K.
  /// - Returns: the file; nil where libjpeg refuses, such as more than 65500 pixels a side.
  public func jpeg(quality: Int) -> Data? {
    precondition(1...100 ~= quality, "a JPEG quality of \(quality)")
    let picture = rgb
    var (count, message) = (0, [CChar](repeating: 0, count: Int(JS_MESSAGE_SIZE)))
    let bytes = picture.pixels.withUnsafeBufferPointer {
      js_write(
        $0.baseAddress, UInt32(picture.width), UInt32(picture.height), Int32(quality), &count,
        &message)
    }
    return bytes.map { Data(bytesNoCopy: $0, count: count, deallocator: .free) }
  }
}
