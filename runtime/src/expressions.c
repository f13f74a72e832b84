/* expressions.c: the schema's expressions over whole numbers that need more than 64 bits on the way. What has no value is
 * noted as a fault: it leaves 64 bits, divides by zero, shifts too far, or is no index. */
#include "vms.h"

#ifdef __SIZEOF_INT128__

static vms_wide faulty(vms_fault *fault, vms_code code)
{
    if (fault->code == VMS_OK)
        fault->code = code;
    return 0;
}

vms_wide vms_fit(vms_wide a, vms_fault *fault)
{
    return a < INT64_MIN || a > (vms_wide)UINT64_MAX ? faulty(fault, VMS_ARITHMETIC) : a;
}

vms_wide vms_add(vms_wide a, vms_wide b, vms_fault *fault) { return vms_fit(a + b, fault); }

vms_wide vms_subtract(vms_wide a, vms_wide b, vms_fault *fault) { return vms_fit(a - b, fault); }

vms_wide vms_multiply(vms_wide a, vms_wide b, vms_fault *fault)
{
    vms_wide product;
    if (__builtin_mul_overflow(a, b, &product))
        return faulty(fault, VMS_ARITHMETIC);
    return vms_fit(product, fault);
}

vms_wide vms_divide(vms_wide a, vms_wide b, vms_fault *fault)
{
    return b == 0 ? faulty(fault, VMS_ARITHMETIC) : vms_fit(a / b, fault);
}

vms_wide vms_remainder(vms_wide a, vms_wide b, vms_fault *fault)
{
    return b == 0 ? faulty(fault, VMS_ARITHMETIC) : a % b;
}

vms_wide vms_shift_left(vms_wide a, vms_wide b, vms_fault *fault)
{
    if (b < 0 || b > 63)
        return faulty(fault, VMS_ARITHMETIC);
    return vms_multiply(a, (vms_wide)1 << (int)b, fault);
}

vms_wide vms_shift_right(vms_wide a, vms_wide b, vms_fault *fault)
{
    return b < 0 || b > 63 ? faulty(fault, VMS_ARITHMETIC) : a >> (int)b;
}

size_t vms_index(vms_wide index, size_t length, vms_fault *fault)
{
    return index < 0 || index >= (vms_wide)length ? (size_t)faulty(fault, VMS_INDEX) : (size_t)index;
}

int vms_between(vms_wide value, vms_wide low, vms_wide high) { return low <= value && value <= high; }

vms_number vms_number_of(vms_wide value)
{
    vms_number number = {(uint64_t)value, value < 0};
    return number;
}
#endif
