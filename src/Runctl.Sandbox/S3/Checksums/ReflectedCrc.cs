using System.Buffers.Binary;

namespace Runctl.Sandbox.S3.Checksums;

/// <summary>A CRC of up to 64 bits, bits reflected, all ones before and after, as S3 uses three of.</summary>
internal sealed class ReflectedCrc
{
    private const int Slices = 8;

    private readonly int _width;
    private readonly ulong _polynomial;
    private readonly ulong _ones;
    private readonly ulong[][] _tables = new ulong[Slices][];

    private ReflectedCrc(int width, ulong reflectedPolynomial)
    {
        _width = width;
        _polynomial = reflectedPolynomial;
        _ones = ulong.MaxValue >> (64 - width);
        for (var slice = 0; slice < Slices; slice++)
        {
            _tables[slice] = new ulong[256];
            for (var value = 0; value < 256; value++)
            {
                _tables[slice][value] = slice == 0 ? Divide((ulong)value, bits: 8) : Divide(_tables[slice - 1][value], bits: 8);
            }
        }
    }

    public static ReflectedCrc Crc32 { get; } = new(32, 0xEDB88320);

    public static ReflectedCrc Crc32C { get; } = new(32, 0x82F63B78);

    public static ReflectedCrc Crc64Nvme { get; } = new(64, 0x9A6C9329AC4BC9B5);

    /// <summary>Length of the checksum in bytes.</summary>
    public int Length => _width / 8;

    /// <summary>Carries the CRC of what came before (0 at the beginning) over further data.</summary>
    public ulong Append(ulong crc, ReadOnlySpan<byte> data)
    {
        crc ^= _ones;
        while (data.Length >= Slices)
        {
            var block = crc ^ BinaryPrimitives.ReadUInt64LittleEndian(data);
            crc = 0;
            for (var slice = 0; slice < Slices; slice++)
            {
                crc ^= _tables[Slices - 1 - slice][(byte)(block >> (8 * slice))];
            }

            data = data[Slices..];
        }

        foreach (var value in data)
        {
            crc = _tables[0][(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc ^ _ones;
    }

    /// <summary>The CRC of two pieces one after the other, from the CRC of each and the second one's length.</summary>
    public ulong Combine(ulong first, ulong second, long secondLength) =>
        Multiply(PowerOfX((ulong)secondLength * 8), first) ^ second;

    /// <summary>The checksum as S3 writes it: big-endian.</summary>
    public byte[] ToBytes(ulong crc)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, crc);
        return bytes[^Length..];
    }

    /// <summary>The inverse of <see cref="ToBytes"/>.</summary>
    public static ulong FromBytes(byte[] bytes) => bytes.Aggregate(0UL, (value, next) => (value << 8) | next);

    private ulong Divide(ulong value, int bits)
    {
        for (var bit = 0; bit < bits; bit++)
        {
            value = (value & 1) != 0 ? (value >> 1) ^ _polynomial : value >> 1;
        }

        return value;
    }

    // In the reflected form the highest bit stands for x to the power of 0.
    private ulong PowerOfX(ulong exponent)
    {
        var power = 1UL << (_width - 1);
        var square = 1UL << (_width - 2);
        for (; exponent > 0; exponent >>= 1)
        {
            if ((exponent & 1) != 0)
            {
                power = Multiply(square, power);
            }

            square = Multiply(square, square);
        }

        return power;
    }

    private ulong Multiply(ulong left, ulong right)
    {
        var product = 0UL;
        for (var bit = 1UL << (_width - 1); bit != 0; bit >>= 1)
        {
            if ((left & bit) != 0)
            {
                product ^= right;
            }

            right = Divide(right, bits: 1);
        }

        return product;
    }
}
